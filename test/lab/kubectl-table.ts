import type { Table } from './api-server/table.ts';
import type { LabClient } from './lab-client.ts';

/** How `kubectl get` asks for the server's own rendering. */
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** What `kubectl get` (with `wide`, `kubectl get -o wide`) prints for the collection at `path`. */
export async function kubectlTable(client: LabClient, path: string, wide = false): Promise<string> {
  const { columnDefinitions, rows } = await client.request<Table>({ path, accept: TABLE });
  const shown = columnDefinitions
    .map((column, index) => ({ index, title: column.name.toUpperCase(), priority: column.priority ?? 0 }))
    .filter(({ priority }) => wide || priority === 0);
  const lines = [
    shown.map(({ title }) => title),
    ...rows.map((row) => shown.map(({ index }) => String(row.cells[index] ?? ''))),
  ];
  const widths = shown.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}
