import { AlertTriangle, type LucideIcon, RotateCw } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { ApiProblem } from '../api/problem.ts';
import { Button, LinkButton } from './button.tsx';
import { failed } from './toast.tsx';

/** Nothing here yet: says what will come and gives the first action. */
export function Empty({ icon: Icon, title, children, action }: { icon?: LucideIcon; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center px-6 py-9 text-center">
      {Icon && (
        <span className="mb-3 grid size-10 place-items-center rounded-full bg-sunken text-muted">
          <Icon aria-hidden size={20} />
        </span>
      )}
      <p className="font-medium">{title}</p>
      {children && <div className="mt-1 max-w-md text-muted">{children}</div>}
      {action && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** What happened, what was kept, what to do, and the reference to quote. */
export function Failure({ error, retry, what = 'This could not be loaded' }: { error: unknown; retry?: () => void; what?: string }) {
  const problem = error instanceof ApiProblem ? error : null;
  return (
    <div role="alert" className="flex flex-col items-center px-6 py-12 text-center">
      <span className="mb-3 grid size-10 place-items-center rounded-full bg-critical-soft text-critical">
        <AlertTriangle aria-hidden size={20} />
      </span>
      <p className="font-medium">{problem?.status === 404 ? 'There is nothing at this address' : what}</p>
      <p className="mt-1 max-w-md text-muted">
        {problem?.status === 404
          ? 'It was removed, or the link is not whole.'
          : problem
            ? problem.message
            : 'We could not reach the server. Nothing was changed.'}
        {problem?.reference && (
          <>
            {' '}
            Reference: <code className="font-mono text-text">{problem.reference}</code>
          </>
        )}
      </p>
      {retry && (
        <div className="mt-4">
          {problem?.status === 404 ? (
            <LinkButton to="/">Go to the dashboard</LinkButton>
          ) : (
            <Button icon={RotateCw} onClick={retry}>
              Try again
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

/** A refusal beside the thing that was tried. */
export function InlineError({ error }: { error: unknown }) {
  if (!error) return null;
  const problem = error instanceof ApiProblem ? error : null;
  return (
    <div role="alert" className="flex gap-2 rounded-md border border-critical/30 bg-critical-soft px-3 py-2 text-critical">
      <AlertTriangle aria-hidden size={16} className="mt-0.5 shrink-0" />
      <div className="min-w-0">
        <p>{problem ? problem.message : 'We could not reach the server. Nothing was changed; please try again.'}</p>
        {problem && problem.errors.length > 1 && (
          <ul className="mt-1 list-disc pl-4">
            {problem.errors.map((entry) => (
              <li key={entry.field + entry.code}>{entry.message}</li>
            ))}
          </ul>
        )}
        {problem?.reference && <p className="mt-1 text-label">Reference: {problem.reference}</p>}
      </div>
    </div>
  );
}

interface ChangedMeanwhileProps {
  problem: ApiProblem;
  load: () => Promise<unknown>;
  overwrite: () => Promise<unknown>;
}

export const isChangedMeanwhile = (problem: unknown): problem is ApiProblem => problem instanceof ApiProblem && problem.code === 'changed_meanwhile';

/** Somebody else saved what is being edited: the person decides whose words stay. */
export function ChangedMeanwhile({ problem, load, overwrite }: ChangedMeanwhileProps) {
  const frame = useRef<HTMLDivElement>(null);
  // the button that saves may be far below
  useEffect(() => void frame.current?.scrollIntoView({ block: 'center' }), []);
  return (
    <div ref={frame} role="alert" className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-md border border-caution/30 bg-caution-soft px-3 py-2">
      <p className="min-w-0 flex-1 basis-64 text-caution [overflow-wrap:anywhere]">{problem.message} Your changes are still here.</p>
      <div className="flex flex-wrap gap-2">
        <Button size="small" onClick={() => void load().catch(failed)}>
          Load it, drop mine
        </Button>
        <Button size="small" onClick={() => void overwrite().catch(failed)}>
          Save mine over it
        </Button>
      </div>
    </div>
  );
}

export function Skeleton({ className = '' }: { className?: string }) {
  return <span aria-hidden className={`skeleton block ${className}`} />;
}

/** The shape of a detail page while it loads. */
export function PageSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="px-4 py-6 sm:px-6">
      <Skeleton className="h-7 w-56" />
      <Skeleton className="mt-3 h-4 w-80 max-w-full" />
      <div className="mt-6 grid gap-4 lg:grid-cols-[2fr_1fr]">
        <Skeleton className="h-64" />
        <Skeleton className="h-64" />
      </div>
    </div>
  );
}

export function LinesSkeleton({ lines = 4 }: { lines?: number }) {
  return (
    <div role="status" aria-label="Loading" className="space-y-3 p-4">
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} className={`h-4 ${index % 3 === 2 ? 'w-2/3' : 'w-full'}`} />
      ))}
    </div>
  );
}
