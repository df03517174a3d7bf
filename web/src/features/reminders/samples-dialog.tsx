import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Failure, LinesSkeleton } from '../../components/states.tsx';
import { done, failed } from '../../components/toast.tsx';
import type { RuleKind, SampleRule, SavedRule } from './rule-kind.ts';

const groups = [
  { kind: 'sample', title: 'Samples', lead: 'To change as you like.' },
  { kind: 'default', title: 'Default rules', lead: 'As every new company has them.' },
] as const;

interface SamplesDialogProps<R extends SavedRule> {
  kind: RuleKind<R>;
  open: boolean;
  onClose: () => void;
  rules: readonly R[];
}

/** The guide's samples and the rules of a new company, each one press away. */
export function SamplesDialog<R extends SavedRule>({ kind: kindOfRules, open, onClose, rules }: SamplesDialogProps<R>) {
  const samples = useQuery({ queryKey: ['rule-samples', kindOfRules.list], queryFn: kindOfRules.samples, enabled: open });
  return (
    <Dialog open={open} onClose={onClose} title="Sample rules" lead="Each is added switched off, with the categories that it speaks of.">
      {samples.isPending && <LinesSkeleton />}
      {samples.isError && <Failure error={samples.error} retry={() => void samples.refetch()} />}
      {samples.data &&
        groups.map(({ kind, title, lead }) => (
          <section key={kind} aria-label={title} className="mb-4">
            <h3 className="font-medium">{title}</h3>
            <p className="text-table text-muted">{lead}</p>
            <ul className="mt-1 divide-y divide-border">
              {samples.data
                .filter((sample) => sample.kind === kind)
                .map((sample) => (
                  <SampleRow key={sample.key} kind={kindOfRules} sample={sample} there={rules.some((rule) => rule.name === sample.name)} />
                ))}
            </ul>
          </section>
        ))}
    </Dialog>
  );
}

interface SampleRowProps<R extends SavedRule> {
  kind: RuleKind<R>;
  sample: SampleRule;
  there: boolean;
}

function SampleRow<R extends SavedRule>({ kind, sample, there }: SampleRowProps<R>) {
  const queries = useQueryClient();
  const [pending, setPending] = useState(false);
  const add = async () => {
    setPending(true);
    try {
      const rule = await kind.addSample(sample.key);
      await Promise.all([...kind.refreshed, 'categories'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
      done(`“${rule.name}” added, switched off.`);
    } catch (error) {
      failed(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <li className="flex items-center gap-3 py-2">
      <div className="min-w-0 flex-1">
        <p className="[overflow-wrap:anywhere]">{sample.name}</p>
        {sample.categories.length > 0 && (
          <p className="text-table text-muted">
            Uses the {sample.categories.length === 1 ? 'category' : 'categories'} {sample.categories.join(' and ')}
          </p>
        )}
      </div>
      {there && (
        <span className="flex items-center gap-1 text-table text-muted">
          <Check aria-hidden size={14} />
          In the list
        </span>
      )}
      <Button size="small" pending={pending} aria-label={`${there ? 'Add again' : 'Add'}: ${sample.name}`} onClick={() => void add()}>
        {there ? 'Add again' : 'Add'}
      </Button>
    </li>
  );
}
