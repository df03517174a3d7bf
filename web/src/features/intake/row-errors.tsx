import { Card } from '../../components/page.tsx';
import { formatCount } from '../../format/money.ts';
import { attributeWords } from './attributes.ts';

interface RowNote {
  field: string;
  message: string;
  code: string;
}

interface Row {
  index: number;
  key: string | null;
  errors?: RowNote[] | undefined;
  warnings?: RowNote[] | undefined;
}

/** What is wrong, row by row, in words. Row 1 is the first under the header. */
export function RowErrors({ rows, total }: { rows: readonly Row[]; total: number }) {
  if (rows.length === 0) return null;
  return (
    <Card
      title={total > 0 ? 'Rows with errors or warnings' : 'Rows with warnings'}
      {...(total > rows.length ? { lead: `The first ${formatCount(rows.length)} of ${formatCount(total)}` } : {})}
      flush
    >
      <ul className="max-h-96 divide-y divide-border overflow-y-auto border-t border-border">
        {rows.map((row) => (
          <li key={row.index} className="grid gap-x-4 gap-y-0.5 px-4 py-2.5 text-table sm:grid-cols-[72px_160px_1fr]">
            <span className="figures text-muted">Row {formatCount(row.index + 1)}</span>
            <span className="truncate font-medium" title={row.key ?? undefined}>
              {row.key || 'no number'}
            </span>
            <ul>
              {row.errors?.map((note) => (
                <li key={note.field + note.code} className="text-critical">
                  <span className="font-medium">Error, {attributeWords(note.field)}:</span> {note.message}
                </li>
              ))}
              {row.warnings?.map((note) => (
                <li key={note.field + note.code} className="text-caution">
                  <span className="font-medium">Warning, {attributeWords(note.field)}:</span> {note.message}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </Card>
  );
}
