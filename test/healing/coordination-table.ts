import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { startApiAlone, type ApiAlone } from "@coinfleet/sandbox";
import { coordinationKeys, coordinationTable } from "@coinfleet/sdk";

const { scope, entry } = coordinationKeys;

/** The sandbox's API, and this process's clients pointed at it until `stop`. */
export async function startApi(): Promise<ApiAlone> {
  const api = await startApiAlone();
  const before = Object.keys(api.env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, api.env);
  return {
    ...api,
    stop: async () => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await api.stop();
    },
  };
}

/** The coordination table of an environment, as the program makes it. */
export async function createTable(environment: string): Promise<void> {
  await new DynamoDBClient({}).send(
    new CreateTableCommand({
      TableName: coordinationTable(environment),
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [scope, entry].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: [
        { AttributeName: scope, KeyType: "HASH" },
        { AttributeName: entry, KeyType: "RANGE" },
      ],
    }),
  );
}
