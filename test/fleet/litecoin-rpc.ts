/** Shell, on a node's host: prints the password of its litecoind. */
export const rpcPassword = "sed -n s/^rpcpassword=//p /run/coinfleet/daemons/litecoind/litecoind.conf";

/** Shell, on a node's host: a call of its litecoind on regtest; prints the answer. */
export const rpcCall = (method: string, ...params: readonly unknown[]): string =>
  `curl --silent --max-time 30 --user "coinfleet:$(${rpcPassword})" --data '${JSON.stringify({ method, params })}' http://127.0.0.1:19443/`;
