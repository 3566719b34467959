import { parse as parseToml } from "smol-toml";

/** A line of a configuration file, as data. */
export interface Setting {
  readonly section: string | undefined;
  readonly key: string;
  readonly value: string;
}

/** A rendered file as data, by the ending of its name. Strict: what a daemon might read otherwise than it was meant is an error. */
export function parseConfig(name: string, text: string): unknown {
  if (name.endsWith(".json")) return JSON.parse(text);
  if (name.endsWith(".toml")) return parseToml(text);
  if (/\.(conf|ini)$/.test(name)) return parseSettings(text);
  if (/\.(hex|token)$/.test(name)) return { isSecret: /^\{\{secret:[a-z0-9-]+\}\}\n?$/.test(text) };
  if (name.endsWith(".properties")) return parseProperties(text);
  if (name.endsWith(".cfg")) return parseStanzas(text);
  throw new Error(`${name}: no reader for this kind of file`);
}

function parseSettings(text: string): readonly Setting[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  let section: string | undefined;
  return text
    .slice(0, -1)
    .split("\n")
    .flatMap((line) => {
      const header = /^\[([A-Za-z0-9 ]+)\]$/.exec(line)?.[1];
      if (header !== undefined) {
        section = header;
        return [];
      }
      const setting = /^([A-Za-z][A-Za-z0-9.-]*)=(\S.*\S|\S)$/.exec(line);
      const [, key, value] = setting ?? [];
      if (key === undefined || value === undefined) throw new Error(`line "${line}" is no setting`);
      return [{ section, key, value }];
    });
}

/** Java's properties, of which only `key=value` is used here: a backslash or a space before the value would be read otherwise than it is written. */
function parseProperties(text: string): Readonly<Record<string, string>> {
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error("the last line has no end");
  const settings = lines.map((line) => {
    const [, key, value] = /^([A-Za-z][A-Za-z0-9.]*)=([^\s\\]([^\\]*[^\s\\])?)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) throw new Error(`line "${line}" is no setting`);
    return [key, value] as const;
  });
  return Object.fromEntries(settings);
}

/** Sections whose lines are values or `key = value`, as they come. No section twice, none without a line. */
function parseStanzas(text: string): Readonly<Record<string, readonly string[]>> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const stanzas: Record<string, string[]> = {};
  let lines: string[] | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const name = /^\[([a-z0-9_]+)\]$/.exec(line)?.[1];
    if (name !== undefined && Object.hasOwn(stanzas, name)) throw new Error(`section "${name}" twice`);
    if (name !== undefined) stanzas[name] = lines = [];
    else if (lines === undefined || !/^\S(.*\S)?$/.test(line)) throw new Error(`line "${line}" is no value`);
    else lines.push(line);
  }
  const empty = Object.entries(stanzas).find(([, values]) => values.length === 0);
  if (empty !== undefined) throw new Error(`section "${empty[0]}" is empty`);
  return stanzas;
}
