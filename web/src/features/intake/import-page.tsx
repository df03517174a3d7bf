import { useQueryClient } from '@tanstack/react-query';
import { FileUp } from 'lucide-react';
import { useState } from 'react';
import { checkImport, type Import, type ImportOptions, mapColumns, type Outcome, runImport, startImport, type UploadKind } from '../../api/intake.ts';
import { useRefusal } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button, LinkButton } from '../../components/button.tsx';
import { CheckField, type Choice, RadioField } from '../../components/field.tsx';
import { FileDrop } from '../../components/file-drop.tsx';
import { Card, Figure, Note, Page } from '../../components/page.tsx';
import { Empty, InlineError } from '../../components/states.tsx';
import { Stepper } from '../../components/stepper.tsx';
import { plural } from '../../format/dates.ts';
import { formatCount } from '../../format/money.ts';
import { attributeWords } from './attributes.ts';
import { ImportTabs } from './import-tabs.tsx';
import { RowErrors } from './row-errors.tsx';

const steps = ['File', 'Columns', 'Check', 'Done'];

/** From a file to invoices: drop, map the columns, see what would happen, import. */
export function ImportPage() {
  const [search] = useSearchParams();
  const asked: UploadKind | undefined = search['kind'] === 'customers' || search['kind'] === 'invoices' ? search['kind'] : undefined;
  const [draft, setDraft] = useState<Import | null>(null);
  const [options, setOptions] = useState<ImportOptions>({ snapshot: false, createCustomers: false });
  const [checked, setChecked] = useState<Outcome | null>(null);
  const [finished, setFinished] = useState<Outcome | null>(null);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const queries = useQueryClient();
  const refusal = useRefusal('intake.write');
  /** One step at a time; a refusal is shown in place and everything chosen is kept. */
  const step = async <T,>(work: () => Promise<T>, then: (answer: T) => void) => {
    setPending(true);
    setError(null);
    try {
      then(await work());
    } catch (problem) {
      setError(problem);
    } finally {
      setPending(false);
    }
  };
  const restart = () => {
    setDraft(null);
    setChecked(null);
    setFinished(null);
    setError(null);
  };
  const current = finished ? 3 : checked ? 2 : draft ? 1 : 0;
  return (
    <Page title="Import" lead="Customers, invoices and credits from a file of your accounting system." tabs={<ImportTabs />}>
      {refusal !== undefined ? (
        <Card>
          <Empty icon={FileUp} title="You may look, not import">
            {refusal}
          </Empty>
        </Card>
      ) : (
        <div className="space-y-5">
          <Stepper steps={steps} current={current} />
          <InlineError error={error} />
          {current === 0 && <FileStep pending={pending} onFile={(file) => void step(() => startImport(file, asked), setDraft)} />}
          {current === 1 && draft && (
            <ColumnsStep
              draft={draft}
              pending={pending}
              options={options}
              setOptions={setOptions}
              change={(kind, mapping) => void step(() => mapColumns(draft.id, kind, mapping), setDraft)}
              back={restart}
              next={() => void step(() => checkImport(draft.id, options), setChecked)}
            />
          )}
          {current === 2 && draft && checked && (
            <CheckStep
              draft={draft}
              outcome={checked}
              pending={pending}
              back={() => setChecked(null)}
              next={() =>
                void step(
                  () => runImport(draft.id, options),
                  (outcome) => {
                    setFinished(outcome);
                    void queries.invalidateQueries();
                  },
                )
              }
            />
          )}
          {current === 3 && draft && finished && <DoneStep draft={draft} outcome={finished} restart={restart} />}
        </div>
      )}
    </Page>
  );
}

function FileStep({ pending, onFile }: { pending: boolean; onFile: (file: File) => void }) {
  return (
    <Card>
      <FileDrop accept={['.csv', '.tsv', '.txt', '.xlsx', '.json', '.ndjson']} kinds="CSV, Excel (.xlsx) or JSON" pending={pending} onFile={onFile} />
      <p className="mt-3 text-table text-muted">
        Nothing is imported yet: first you see how the file is understood. The first row of a table names its columns. Customers come before their invoices.
      </p>
    </Card>
  );
}

interface ColumnsStepProps {
  draft: Import;
  pending: boolean;
  options: ImportOptions;
  setOptions: (options: ImportOptions) => void;
  change: (kind: UploadKind, mapping?: Import['mapping']) => void;
  back: () => void;
  next: () => void;
}

function ColumnsStep({ draft, pending, options, setOptions, change, back, next }: ColumnsStepProps) {
  const taken = new Set(Object.values(draft.mapping));
  const choicesOf = (column: string): Choice[] => [
    { value: '', label: 'Leave out' },
    { value: 'custom', label: 'Keep under its own name' },
    ...draft.attributes
      .filter(({ name }) => draft.mapping[column] === name || !taken.has(name))
      .map(({ name, required }) => ({ value: name, label: `${attributeWords(name)}${required ? ' *' : ''}` })),
  ];
  const missing = draft.missing.length > 0 ? `No column gives ${draft.missing.map((name) => `“${attributeWords(name)}”`).join(' and ')}.` : undefined;
  return (
    <>
      <Card title={draft.fileName} lead={`${draft.format.toUpperCase()}, ${plural(draft.columns.length, 'column')}`}>
        <div className="grid gap-5 sm:grid-cols-2">
          <RadioField
            label="The rows are"
            value={draft.kind}
            onChange={(kind) => change(kind as UploadKind)}
            choices={[
              { value: 'invoices', label: 'Invoices and credits' },
              { value: 'customers', label: 'Customers' },
            ]}
          />
          {draft.kind === 'invoices' && (
            <div className="space-y-3">
              <CheckField
                label="Create customers that we do not know"
                help="Else such a row is an error; the rest is imported."
                checked={options.createCustomers}
                onChange={(createCustomers) => setOptions({ ...options, createCustomers })}
              />
              <CheckField
                label="These are all open items"
                help="Invoices that the file does not name are closed as paid."
                checked={options.snapshot}
                onChange={(snapshot) => setOptions({ ...options, snapshot })}
              />
            </div>
          )}
        </div>
      </Card>
      <Card
        title="What each column is"
        lead="A proposal by the columns’ names, or as you chose the last time. * is required. The first rows stand below."
        flush
      >
        {missing && (
          <div className="px-4 pb-3">
            <Note tone="caution">{missing} Choose it for one of the columns.</Note>
          </div>
        )}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by the keyboard */}
        <div className="relative overflow-x-auto border-t border-border" tabIndex={0} role="region" aria-label="Columns of the file">
          <table className="w-full text-table">
            <thead>
              <tr>
                {draft.columns.map((column) => (
                  <th key={column} scope="col" className="min-w-52 border-b border-border px-3 py-2.5 text-left align-top font-normal first:pl-4">
                    <span className="block truncate font-medium" title={column}>
                      {column || '(no name)'}
                    </span>
                    <select
                      aria-label={`What “${column}” is`}
                      value={draft.mapping[column] ?? ''}
                      onChange={(event) => change(draft.kind, { ...draft.mapping, [column]: event.target.value || null })}
                      className="control mt-1 h-8! pr-7 text-table! font-normal"
                    >
                      {choicesOf(column).map((choice) => (
                        <option key={choice.value} value={choice.value}>
                          {choice.label}
                        </option>
                      ))}
                    </select>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {draft.rows.slice(0, 8).map((row, index) => (
                <tr key={index}>
                  {draft.columns.map((column, at) => (
                    <td
                      key={column}
                      className={`max-w-64 truncate border-b border-border px-3 py-1.5 first:pl-4 ${draft.mapping[column] ? '' : 'text-muted line-through'}`}
                      title={row[at] ?? undefined}
                    >
                      {row[at] ?? ''}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      <div className="flex flex-wrap gap-2">
        <Button onClick={back}>Another file</Button>
        <Button variant="primary" pending={pending} blockedBecause={missing} onClick={next}>
          Check the rows
        </Button>
      </div>
    </>
  );
}

function Counts({ outcome }: { outcome: Outcome }) {
  return (
    <div className="grid grid-cols-2 gap-4 sm:grid-cols-5">
      <Figure label="Rows">{formatCount(outcome.received)}</Figure>
      <Figure label="New">{formatCount(outcome.created)}</Figure>
      <Figure label="Changed">{formatCount(outcome.updated)}</Figure>
      <Figure label="Unchanged">{formatCount(outcome.unchanged)}</Figure>
      <Figure label="With errors">{formatCount(outcome.failed)}</Figure>
    </div>
  );
}

function CheckStep({ draft, outcome, pending, back, next }: { draft: Import; outcome: Outcome; pending: boolean; back: () => void; next: () => void }) {
  const good = outcome.received - outcome.failed;
  const noun: [string, string] = draft.kind === 'invoices' ? ['invoice', 'invoices'] : ['customer', 'customers'];
  return (
    <>
      <Card title="What importing would do" lead="Nothing is written yet.">
        <Counts outcome={outcome} />
        {outcome.closed > 0 && <p className="mt-3">{plural(outcome.closed, 'open document is', 'open documents are')} not in the file and would be closed.</p>}
        {outcome.warnings.map((warning) => (
          <p key={warning.code + warning.field} className="mt-2 text-caution">
            {warning.message}
          </p>
        ))}
      </Card>
      <RowErrors rows={outcome.results} total={outcome.failed} />
      <div className="flex flex-wrap gap-2">
        <Button onClick={back}>Change the columns</Button>
        <Button
          variant="primary"
          pending={pending}
          blockedBecause={good === 0 ? 'Every row has an error. Correct the columns or the file.' : undefined}
          onClick={next}
        >
          Import {plural(good, noun[0], noun[1])}
          {outcome.failed > 0 ? `, leave out ${outcome.failed}` : ''}
        </Button>
      </div>
    </>
  );
}

function DoneStep({ draft, outcome, restart }: { draft: Import; outcome: Outcome; restart: () => void }) {
  return (
    <>
      <Card title="Imported">
        <Counts outcome={outcome} />
        {outcome.failed > 0 && (
          <p className="mt-3 text-table text-muted">
            Rows with errors were left out. Correct them and import the same file again: rows that are in already change nothing.
          </p>
        )}
      </Card>
      <RowErrors rows={outcome.results} total={outcome.failed} />
      <div className="flex flex-wrap gap-2">
        <LinkButton to={draft.kind === 'invoices' ? '/invoices' : '/customers'} variant="primary">
          Show the {draft.kind}
        </LinkButton>
        <LinkButton to="/import/uploads/$id" params={{ id: outcome.uploadId }}>
          Details and undo
        </LinkButton>
        <Button onClick={restart}>Import another file</Button>
      </div>
    </>
  );
}
