import type { Severity } from "./alarms.ts";

/** What a daemon's log may say that somebody must hear of. */
export interface LogAlarm {
  /** Name of the alarm, permanent, and anchor of the runbook. */
  readonly id: string;
  /** One line for the alarm's description. */
  readonly title: string;
  /** A line that contains one of these, spelled so, counts. */
  readonly terms: readonly string[];
  readonly severity: Severity;
}

/** A coin's own: the words with which its client says that it cannot go on by itself. */
export type CoinLogAlarm = Omit<LogAlarm, "id">;

/** CloudWatch namespace of the counts of lines. Metric filters know no constant dimensions, so that the name says whose lines they are. */
export const logMetricNamespace = "CoinfleetLogs";

const common: readonly LogAlarm[] = [
  {
    id: "log-out-of-memory",
    title: "A daemon says that it has no memory left",
    // C++, the C library, Go, Java, Rust and Node, in their own words.
    terms: [
      "std::bad_alloc",
      "Cannot allocate memory",
      "runtime: out of memory",
      "java.lang.OutOfMemoryError",
      "memory allocation of",
      "heap out of memory",
    ],
    severity: "warn",
  },
  {
    id: "log-database-corruption",
    title: "A daemon says that its database is damaged",
    // LevelDB and RocksDB, Pebble, goleveldb, LMDB, SQLite, Bitcoin Core.
    terms: [
      "Corruption:",
      "pebble: corruption",
      "leveldb: corrupted",
      "leveldb/table: corruption",
      "MDB_CORRUPTED",
      "MDB_PANIC",
      "database disk image is malformed",
      "orrupted block database",
    ],
    severity: "page",
  },
];

/** The alarms on the log of a coin's daemons: those of every coin, and its own. */
export function logAlarms(own: CoinLogAlarm | undefined): readonly LogAlarm[] {
  return own === undefined ? common : [...common, { id: "log-of-coin", ...own }];
}

/** The same as a filter pattern of CloudWatch Logs. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html */
export function filterPattern({ terms }: LogAlarm): string {
  return terms.map((term) => `?"${term}"`).join(" ");
}
