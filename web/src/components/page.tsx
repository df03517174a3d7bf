import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';

interface Crumb {
  label: string;
  to: string;
}

interface PageProps {
  title: string;
  /** A status or count beside the title. */
  beside?: ReactNode;
  lead?: ReactNode;
  back?: Crumb;
  actions?: ReactNode;
  /** Views of the same thing, below the title. */
  tabs?: ReactNode;
  /** `narrow` for forms, `wide` for lists. */
  width?: 'narrow' | 'normal' | 'wide';
  children: ReactNode;
}

const widths = { narrow: 'max-w-[780px] lg:ml-0', normal: 'max-w-[1180px]', wide: '' };

/** A page: where you are, what it is, what you can do, then the content. */
export function Page({ title, beside, lead, back, actions, tabs, width = 'normal', children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · PayorCRM`;
  }, [title]);
  return (
    <div className={`mx-auto w-full px-4 pt-5 pb-16 sm:px-6 ${widths[width]}`}>
      {back && (
        <nav aria-label="Breadcrumb" className="mb-1 flex items-center gap-1 text-table text-muted">
          <Link to={back.to} className="link text-muted!">
            {back.label}
          </Link>
          <ChevronRight aria-hidden size={14} />
        </nav>
      )}
      <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0 max-w-full">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="min-w-0 text-title font-semibold tracking-[-0.01em] [overflow-wrap:anywhere]">{title}</h1>
            {beside}
          </div>
          {lead && <div className="mt-0.5 text-muted">{lead}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {tabs && <div className="mt-4">{tabs}</div>}
      <div className="mt-5">{children}</div>
    </div>
  );
}

export interface Tab {
  label: string;
  to: string;
  search?: Record<string, unknown>;
  exact?: boolean;
  /** When the address alone does not tell. */
  active?: boolean;
}

/** Tabs are links: each has its own address. */
export function Tabs({ items, label }: { items: readonly Tab[]; label: string }) {
  return (
    <nav aria-label={label} className="-mx-4 flex gap-5 overflow-x-auto border-b border-border px-4 [scrollbar-width:none] sm:mx-0 sm:px-0">
      {items.map((tab) => (
        <Link
          key={tab.label}
          to={tab.to}
          {...({ search: tab.search } as object)}
          activeOptions={{ exact: tab.exact ?? true, includeSearch: tab.search !== undefined }}
          {...(tab.active === undefined
            ? { activeProps: { className: 'border-accent! text-text!', 'aria-current': 'page' } }
            : { activeProps: {}, 'aria-current': tab.active ? ('page' as const) : undefined })}
          className={`-mb-px shrink-0 border-b-2 border-transparent py-2 font-medium text-muted outline-offset-[-2px] hover:text-text ${tab.active ? 'border-accent! text-text!' : ''}`}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}

interface CardProps {
  title?: string;
  lead?: ReactNode;
  actions?: ReactNode;
  /** Content that draws its own edges, such as a table. */
  flush?: boolean;
  className?: string;
  children: ReactNode;
}

/** A raised region with a heading. */
export function Card({ title, lead, actions, flush = false, className = '', children }: CardProps) {
  return (
    <section aria-label={title} className={`min-w-0 rounded-lg border border-border bg-raised ${className}`}>
      {(title || actions) && (
        <header className={`flex flex-wrap items-center justify-between gap-x-3 gap-y-2 px-4 pt-3.5 ${flush ? 'pb-3' : ''}`}>
          <div className="min-w-0">
            {title && <h2 className="font-semibold">{title}</h2>}
            {lead && <p className="text-table text-muted">{lead}</p>}
          </div>
          {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={flush ? '' : 'px-4 pt-3 pb-4'}>{children}</div>
    </section>
  );
}

/** Names and values. Empty values are left out. */
export function Facts({ items, columns = 1 }: { items: readonly (readonly [string, ReactNode])[]; columns?: 1 | 2 }) {
  const shown = items.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return (
    <dl className={`grid gap-x-6 gap-y-3 ${columns === 2 ? 'sm:grid-cols-2' : ''}`}>
      {shown.map(([name, value]) => (
        <div key={name} className="grid grid-cols-[minmax(112px,40%)_1fr] gap-3">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One number that answers a question. */
export function Figure({ label, children, note }: { label: ReactNode; children: ReactNode; note?: ReactNode }) {
  return (
    <div className="min-w-0">
      <p className="text-table text-muted">{label}</p>
      <p className="figures mt-0.5 text-title font-semibold tracking-[-0.01em]">{children}</p>
      {note && <p className="mt-0.5 text-table text-muted">{note}</p>}
    </div>
  );
}

/** Something the reader should know before going on. */
export function Note({ tone = 'neutral', children }: { tone?: 'neutral' | 'caution' | 'positive' | 'critical'; children: ReactNode }) {
  const looks = {
    neutral: 'border-border bg-sunken',
    caution: 'border-caution/30 bg-caution-soft text-caution',
    positive: 'border-positive/30 bg-positive-soft text-positive',
    critical: 'border-critical/30 bg-critical-soft text-critical',
  };
  return <div className={`rounded-md border px-3 py-2 ${looks[tone]}`}>{children}</div>;
}

export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="inline-grid h-5 min-w-5 place-items-center rounded border border-border bg-sunken px-1 font-sans text-[11px] text-muted">{children}</kbd>
  );
}
