import { AlertTriangle } from 'lucide-react';
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId, useRef, useEffect } from 'react';

interface FieldProps {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  optional?: boolean;
  className?: string;
}

interface Ids {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

/** Label above, help below, error in place. `children` gets the ids that tie them together. */
export function Field({ label, help, error, optional, className = '', children }: FieldProps & { children: (ids: Ids) => ReactNode }) {
  const id = useId();
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-table font-medium">
        {label}
        {optional && <span className="font-normal text-muted"> (optional)</span>}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined })}
      {help && (
        <p id={`${id}-help`} className="mt-1 text-label text-muted">
          {help}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="mt-1 flex items-start gap-1 text-label font-medium text-critical">
          <AlertTriangle aria-hidden size={13} className="mt-[1.5px] shrink-0" />
          {error}
        </p>
      )}
    </div>
  );
}

type TextProps = FieldProps &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'className'> & { value: string; onChange: (value: string) => void; suffix?: string };

export function TextField({ label, help, error, optional, className, value, onChange, suffix, ...rest }: TextProps) {
  return (
    <Field label={label} help={help} error={error} optional={optional ?? false} className={className ?? ''}>
      {(ids) => (
        <div className="relative">
          <input {...rest} {...ids} value={value} onChange={(event) => onChange(event.target.value)} className={`control ${suffix ? 'pr-14' : ''}`} />
          {suffix && <span className="pointer-events-none absolute inset-y-0 right-3 flex items-center text-muted">{suffix}</span>}
        </div>
      )}
    </Field>
  );
}

/** An amount in one currency; right-aligned, read with the locale's marks by whoever submits it. */
export function AmountField({ currency, ...rest }: TextProps & { currency: string }) {
  return <TextField {...rest} inputMode="decimal" autoComplete="off" suffix={currency} />;
}

type AreaProps = FieldProps &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onChange' | 'className'> & { value: string; onChange: (value: string) => void; mono?: boolean };

export function TextArea({ label, help, error, optional, className, value, onChange, mono, rows = 4, ...rest }: AreaProps) {
  return (
    <Field label={label} help={help} error={error} optional={optional ?? false} className={className ?? ''}>
      {(ids) => (
        <textarea
          {...rest}
          {...ids}
          rows={rows}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className={`control h-auto! py-2 ${mono ? 'font-mono text-table!' : ''}`}
        />
      )}
    </Field>
  );
}

export interface Choice {
  value: string;
  label: string;
}

type SelectProps = FieldProps &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'className'> & { value: string; onChange: (value: string) => void; choices: readonly Choice[] };

export function SelectField({ label, help, error, optional, className, value, onChange, choices, ...rest }: SelectProps) {
  return (
    <Field label={label} help={help} error={error} optional={optional ?? false} className={className ?? ''}>
      {(ids) => (
        <select {...rest} {...ids} value={value} onChange={(event) => onChange(event.target.value)} className="control pr-8">
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface TickProps {
  label: ReactNode;
  help?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  name?: string;
}

/** A tick with its sentence. */
export function CheckField({ label, help, checked, onChange, name }: TickProps) {
  const id = useId();
  return (
    <div className="flex gap-2.5">
      <input
        id={id}
        type="checkbox"
        name={name}
        checked={checked}
        aria-describedby={help ? `${id}-help` : undefined}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-0.5 size-4 shrink-0 accent-accent-fill"
      />
      <div>
        <label htmlFor={id} className="block">
          {label}
        </label>
        {help && (
          <p id={`${id}-help`} className="text-label text-muted">
            {help}
          </p>
        )}
      </div>
    </div>
  );
}

/** One of a few, all of them visible. */
export function RadioField({
  label,
  value,
  onChange,
  choices,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  choices: readonly (Choice & { help?: string })[];
}) {
  const id = useId();
  return (
    <fieldset>
      <legend className="mb-1.5 text-table font-medium">{label}</legend>
      <div className="space-y-2">
        {choices.map((choice) => (
          <div key={choice.value} className="flex gap-2.5">
            <input
              id={`${id}-${choice.value}`}
              type="radio"
              name={id}
              checked={value === choice.value}
              onChange={() => onChange(choice.value)}
              className="mt-0.5 size-4 shrink-0 accent-accent-fill"
            />
            <label htmlFor={`${id}-${choice.value}`}>
              {choice.label}
              {choice.help && <span className="block text-label text-muted">{choice.help}</span>}
            </label>
          </div>
        ))}
      </div>
    </fieldset>
  );
}

/** On or off, at once. `label` says of what. */
export function Switch({
  checked,
  onChange,
  label,
  pending,
  blockedBecause,
}: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: string;
  pending?: boolean;
  blockedBecause?: string | undefined;
}) {
  const blocked = pending || blockedBecause !== undefined;
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      aria-disabled={blocked || undefined}
      title={blockedBecause}
      onClick={() => !blocked && onChange(!checked)}
      className={`relative inline-flex h-5 w-9 shrink-0 items-center rounded-full border transition-colors duration-100 aria-disabled:opacity-60 ${checked ? 'border-transparent bg-accent-fill' : 'border-border-strong bg-sunken'}`}
    >
      <span
        className={`size-3.5 rounded-full transition-transform duration-100 ${checked ? 'translate-x-[18px] bg-white' : 'translate-x-[3px] bg-border-strong'}`}
      />
    </button>
  );
}

/** What has to be corrected, above the form, focused when it appears. */
export function ErrorSummary({ errors }: { errors: readonly string[] }) {
  const ref = useRef<HTMLDivElement>(null);
  const key = errors.join('|');
  useEffect(() => {
    if (key) ref.current?.focus();
  }, [key]);
  if (errors.length === 0) return null;
  return (
    <div ref={ref} tabIndex={-1} role="alert" className="rounded-md border border-critical/40 bg-critical-soft px-3 py-2 text-critical">
      <p className="font-medium">{errors.length === 1 ? 'One thing needs attention' : `${errors.length} things need attention`}</p>
      <ul className="mt-1 list-disc pl-5">
        {errors.map((error) => (
          <li key={error}>{error}</li>
        ))}
      </ul>
    </div>
  );
}
