import { renderTable } from "../table.ts";
import type { QuotaRow } from "./judge-quota.ts";

const columns = ["QUOTA", "LIMIT", "OTHERS", "THIS", "STATE"] as const;

/** The table for people, and what to do where there is no room. */
export function renderQuotas(rows: readonly QuotaRow[], region: string): string {
  const cells = rows.map((row) => [
    `${row.name} (${row.unit})`,
    row.limit === undefined ? "?" : String(row.limit),
    String(row.others),
    String(row.wanted),
    row.state,
  ]);
  const todo = rows.flatMap(({ code, ask }) => {
    const [service, quota] = code.split("/");
    return ask === undefined
      ? []
      : [
          `aws service-quotas request-service-quota-increase --region ${region} --service-code ${service} --quota-code ${quota} --desired-value ${ask}`,
        ];
  });
  const more = todo.length === 0 ? [] : ["", "AWS gives more on request, which may take days:", ...todo];
  return `${[renderTable(columns, cells), ...more].join("\n")}\n`;
}
