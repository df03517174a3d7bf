import { useState } from 'react';
import { checkMailDomain, type DomainCheck } from '../../api/settings.ts';
import { Button } from '../../components/button.tsx';
import { CopyText } from '../../components/copy.tsx';
import { Card } from '../../components/page.tsx';
import { InlineError } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';

const names = { spf: 'SPF: who may send', dkim: 'DKIM: signature', dmarc: 'DMARC: what receivers do', mx: 'Answers can arrive' };
const states = {
  ok: ['positive', 'done', 'Right'],
  weak: ['caution', 'alert', 'Can be better'],
  missing: ['critical', 'alert', 'Missing'],
  wrong: ['critical', 'alert', 'Wrong'],
  unknown: ['neutral', 'waiting', 'No answer'],
} as const;

/** Whether receivers believe that mail of the sender's domain is the company's, and what to publish where not. */
export function DomainCheckCard() {
  const [pending, setPending] = useState(false);
  const [result, setResult] = useState<DomainCheck | null>(null);
  const [error, setError] = useState<unknown>(null);
  const check = async () => {
    setPending(true);
    setError(null);
    try {
      setResult(await checkMailDomain());
    } catch (problem) {
      setError(problem);
    } finally {
      setPending(false);
    }
  };
  return (
    <Card
      title="Sender’s domain"
      lead="Looks at SPF, DKIM and DMARC in DNS, and says what to publish."
      actions={
        <Button size="small" pending={pending} onClick={() => void check()}>
          {result ? 'Check again' : 'Check the domain'}
        </Button>
      }
    >
      <div aria-live="polite">
        <InlineError error={error} />
        {result === null && error === null && <p className="text-table text-muted">Not checked yet in this visit.</p>}
        {result && (
          <>
            <p className="mb-3 font-medium">{result.domain}</p>
            <ul className="space-y-3">
              {result.checks.map((one) => {
                const [tone, icon, words] = states[one.state];
                return (
                  <li key={`${one.what}${one.add?.name ?? one.found ?? ''}`} className="rounded-md border border-border p-3 text-table">
                    <div className="flex flex-wrap items-center justify-between gap-2">
                      <span className="font-medium">{names[one.what]}</span>
                      <Status tone={tone} icon={icon}>
                        {words}
                      </Status>
                    </div>
                    <p className="mt-1">{one.say}</p>
                    {one.found && (
                      <p className="mt-1 text-muted [overflow-wrap:anywhere]">
                        Now: <code className="font-mono text-label">{one.found}</code>
                      </p>
                    )}
                    {one.add && (
                      <div className="mt-2 space-y-2">
                        <CopyText label={`${one.add.type} record`} value={one.add.name} />
                        <CopyText label="Value" value={one.add.value} />
                      </div>
                    )}
                  </li>
                );
              })}
            </ul>
          </>
        )}
      </div>
    </Card>
  );
}
