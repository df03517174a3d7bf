import { useQuery } from '@tanstack/react-query';
import { Moon, Smartphone, Sun, Monitor, type LucideIcon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { previewDraft, spokenLanguagesQuery, type TemplateKind, type TemplatePreview } from '../../api/templates.ts';
import { Button } from '../../components/button.tsx';
import { Popover } from '../../components/menu.tsx';
import { Card, Note } from '../../components/page.tsx';
import { InlineError, LinesSkeleton } from '../../components/states.tsx';
import { CustomerPicker, type PickedCustomer } from '../customers/customer-picker.tsx';
import { missingTexts, type TextDraft } from './draft.ts';

interface PreviewProps {
  kind: TemplateKind;
  text: TextDraft;
  /** All texts of the template, of which it shows one. */
  texts: readonly TextDraft[];
  customer: PickedCustomer | null;
  onCustomer: (customer: PickedCustomer | null) => void;
}

/** The filled mail, a moment after typing rests. */
export function useTextPreview(kind: TemplateKind, text: TextDraft, customerId: string | null) {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), 400);
    return () => clearTimeout(timer);
  }, [text]);
  return useQuery({
    queryKey: ['template-preview', kind, rested, customerId],
    queryFn: ({ signal }) => {
      const { subject, body, design, language, variant } = rested;
      return previewDraft({ kind, subject, body, design, language, single: variant === 'one', customerId }, signal);
    },
    enabled: rested.subject.trim() !== '',
    placeholderData: (previous) => previous,
    gcTime: 0,
  });
}

/** The mail as a customer would see it. */
export function PreviewCard({ kind, text, texts, customer, onCustomer }: PreviewProps) {
  const spoken = useQuery(spokenLanguagesQuery);
  const lacking = missingTexts(texts, spoken.data ?? []).map((message) => ({ severity: 'warning' as const, message }));
  const [phone, setPhone] = useState(false);
  const [dark, setDark] = useState(false);
  const [asText, setAsText] = useState(false);
  const preview = useTextPreview(kind, text, customer?.id ?? null);
  const { data } = preview;
  return (
    <Card
      title="As the customer sees it"
      actions={
        <>
          <Choice label="Width" options={widths} value={phone ? 1 : 0} onChange={(at) => setPhone(at === 1)} />
          <Choice label="Mode" options={modes} value={dark ? 1 : 0} onChange={(at) => setDark(at === 1)} />
        </>
      }
    >
      {preview.isError && <InlineError error={preview.error} />}
      {!data && !preview.isError && <LinesSkeleton lines={10} />}
      {data && (
        <>
          <Findings findings={[...data.findings, ...lacking]} />
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
          <PreviewFoot preview={data} customer={customer} onCustomer={onCustomer} asText={asText} onText={setAsText} />
        </>
      )}
    </Card>
  );
}

const widths = [
  ['Desktop', Monitor],
  ['Phone', Smartphone],
] as const;
const modes = [
  ['Light', Sun],
  ['Dark', Moon],
] as const;

interface FootProps extends Pick<PreviewProps, 'customer' | 'onCustomer'> {
  preview: TemplatePreview;
  asText: boolean;
  onText: (asText: boolean) => void;
}

/** Whose data it is, and how large the mail gets. */
function PreviewFoot({ preview, customer, onCustomer, asText, onText }: FootProps) {
  const whose = customer
    ? `With the invoices of ${customer.name}.`
    : preview.customerId
      ? 'With the customer who has most invoices open.'
      : 'With invented invoices: none are open.';
  return (
    <div className="mt-2 flex flex-wrap items-center justify-between gap-2 text-label text-muted">
      <span>
        {whose} Links lead nowhere.{preview.sizeBytes > 0 ? ` ${Math.ceil(preview.sizeBytes / 1024)} KB.` : ''}
      </span>
      <span className="flex flex-wrap gap-2">
        <Button size="small" variant="quiet" onClick={() => onText(!asText)}>
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
      className="w-full rounded-md border border-border bg-white"
      style={{ height: size, colorScheme: dark ? 'dark' : 'light', ...(dark ? { background: '#111827' } : {}) }}
      onLoad={(event) => {
        const body = event.currentTarget.contentDocument?.documentElement;
        if (body) setSize(Math.min(Math.max(body.scrollHeight + 8, 160), 2400));
      }}
    />
  );
}
