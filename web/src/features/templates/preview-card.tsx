import { useQuery } from '@tanstack/react-query';
import { Moon, Smartphone, Sun, Monitor, type LucideIcon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { previewDraft, type TemplateKind } from '../../api/templates.ts';
import { Button } from '../../components/button.tsx';
import { Popover } from '../../components/menu.tsx';
import { Card, Note } from '../../components/page.tsx';
import { InlineError, LinesSkeleton } from '../../components/states.tsx';
import { CustomerPicker, type PickedCustomer } from '../customers/customer-picker.tsx';
import type { TextDraft } from './draft.ts';

/** The mail as a customer would see it, a moment after typing rests. */
export function PreviewCard({
  kind,
  text,
  customer,
  onCustomer,
}: {
  kind: TemplateKind;
  text: TextDraft;
  customer: PickedCustomer | null;
  onCustomer: (customer: PickedCustomer | null) => void;
}) {
  const [rested, setRested] = useState(text);
  const [phone, setPhone] = useState(false);
  const [dark, setDark] = useState(false);
  const [asText, setAsText] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), 400);
    return () => clearTimeout(timer);
  }, [text]);
  const preview = useQuery({
    queryKey: ['template-preview', kind, rested, customer?.id ?? null],
    queryFn: ({ signal }) =>
      previewDraft(
        {
          kind,
          subject: rested.subject,
          body: rested.body,
          design: rested.design,
          language: rested.language,
          single: rested.variant === 'one',
          customerId: customer?.id ?? null,
        },
        signal,
      ),
    enabled: rested.subject.trim() !== '',
    placeholderData: (previous) => previous,
    gcTime: 0,
  });
  const data = preview.data;
  return (
    <Card
      title="As the customer sees it"
      actions={
        <>
          <Choice
            label="Width"
            options={[
              ['Desktop', Monitor],
              ['Phone', Smartphone],
            ]}
            value={phone ? 1 : 0}
            onChange={(at) => setPhone(at === 1)}
          />
          <Choice
            label="Mode"
            options={[
              ['Light', Sun],
              ['Dark', Moon],
            ]}
            value={dark ? 1 : 0}
            onChange={(at) => setDark(at === 1)}
          />
        </>
      }
    >
      {preview.isError && <InlineError error={preview.error} />}
      {data && <Findings findings={data.findings} />}
      {data ? (
        <>
          <p className="mb-2 [overflow-wrap:anywhere]">
            <span className="text-muted">Subject: </span>
            <span className="font-medium">{data.subject}</span>
          </p>
          {asText ? (
            <pre className="max-h-[70dvh] overflow-auto rounded-md border border-border bg-sunken p-3 font-mono text-table whitespace-pre-wrap">
              {data.text}
            </pre>
          ) : (
            data.html && (
              <div className={phone ? 'mx-auto max-w-[375px]' : ''}>
                <PreviewFrame key={`${phone} ${dark}`} html={data.html} dark={dark} />
              </div>
            )
          )}
          <div className="mt-2 flex flex-wrap items-center justify-between gap-2 text-label text-muted">
            <span>
              {customer
                ? `With the invoices of ${customer.name}.`
                : data.customerId
                  ? 'With the customer who has most invoices open.'
                  : 'With invented invoices: none are open.'}{' '}
              Links lead nowhere.{data.sizeBytes > 0 ? ` ${Math.ceil(data.sizeBytes / 1024)} KB.` : ''}
            </span>
            <span className="flex gap-2">
              <Button size="small" variant="quiet" onClick={() => setAsText(!asText)}>
                {asText ? 'Show the mail' : 'Show the text part'}
              </Button>
              <Popover
                align="end"
                title="Customer of the preview"
                trigger={
                  <Button size="small" variant="quiet">
                    Another customer
                  </Button>
                }
              >
                <CustomerPicker value={customer} onChange={onCustomer} />
              </Popover>
            </span>
          </div>
        </>
      ) : (
        !preview.isError && <LinesSkeleton lines={10} />
      )}
    </Card>
  );
}

function Findings({ findings }: { findings: readonly { severity: 'error' | 'warning'; message: string }[] }) {
  if (findings.length === 0) return null;
  return (
    <ul aria-label="Check" className="mb-3 space-y-2">
      {findings.map((finding) => (
        <li key={finding.message}>
          <Note tone={finding.severity === 'error' ? 'critical' : 'caution'}>{finding.message}</Note>
        </li>
      ))}
    </ul>
  );
}

function Choice({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly (readonly [string, LucideIcon])[];
  value: number;
  onChange: (at: number) => void;
}) {
  return (
    <div role="group" aria-label={label} className="flex rounded-md bg-sunken p-0.5">
      {options.map(([name, Icon], index) => (
        <button
          key={name}
          type="button"
          aria-pressed={value === index}
          onClick={() => onChange(index)}
          className="flex h-7 items-center gap-1.5 rounded px-2.5 text-table text-muted aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-text aria-pressed:shadow-raised max-sm:h-10"
        >
          <Icon aria-hidden size={14} />
          {name}
        </button>
      ))}
    </div>
  );
}

/**
 * The mail in a frame that runs no script. The mode is chosen here and not by the reader's system, so that both can be
 * seen on either.
 */
function PreviewFrame({ html, dark }: { html: string; dark: boolean }) {
  const [size, setSize] = useState(320);
  const page = html
    .replaceAll('@media (prefers-color-scheme: dark)', dark ? '@media all' : '@media not all')
    .replace(/<head[^>]*>/i, `$&<base target="_blank"><style>:root{color-scheme:${dark ? 'dark' : 'light'} !important}</style>`);
  return (
    <iframe
      title="Preview of the mail"
      srcDoc={page}
      sandbox="allow-same-origin allow-popups"
      referrerPolicy="no-referrer"
      className={`w-full rounded-md border border-border ${dark ? 'bg-[#111827]' : 'bg-white'}`}
      style={{ height: size, colorScheme: dark ? 'dark' : 'light' }}
      onLoad={(event) => {
        const body = event.currentTarget.contentDocument?.documentElement;
        if (body) setSize(Math.min(Math.max(body.scrollHeight + 8, 160), 2400));
      }}
    />
  );
}
