import { SecretsManagerClient, CreateSecretCommand, GetSecretValueCommand, DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
const sm = new SecretsManagerClient();
console.log(JSON.stringify(await sm.send(new DescribeSecretCommand({ SecretId: process.argv[2] }))).slice(0, 400));
console.log(await sm.send(new GetSecretValueCommand({ SecretId: process.argv[2] })).then((x) => x.SecretString, (e) => e.name));
