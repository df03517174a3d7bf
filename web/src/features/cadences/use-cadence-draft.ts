import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type Cadence, type CadenceDraft, cadenceQuery, changeCadence, createCadence } from '../../api/cadences.ts';
import { newKey } from '../../api/client.ts';
import { done } from '../../components/toast.tsx';
import { useUnsaved } from '../../components/unsaved.tsx';
import { type FieldTable, type Group, incomplete, inOrder as treeInOrder, startingCondition } from '../reminders/conditions.ts';
import { clash, type DraftStep, draftOf, inOrder, missingIn, toInput, whenWords } from './steps.ts';

export interface Draft {
  name: string;
  byCondition: boolean;
  customerCondition: Group;
  startsPaused: boolean;
  steps: DraftStep[];
}

const everyone: Group = { combinator: 'and', conditions: [startingCondition('customer')] };

const draftFrom = (cadence: Cadence | null): Draft => ({
  name: cadence?.name ?? '',
  byCondition: cadence?.customerCondition != null,
  customerCondition: cadence?.customerCondition ? treeInOrder(cadence.customerCondition as Group) : everyone,
  startsPaused: cadence?.startsPaused ?? false,
  steps: cadence?.steps.map(draftOf) ?? [],
});

const bodyOf = (draft: Draft): CadenceDraft =>
  ({
    name: draft.name.trim(),
    customerCondition: draft.byCondition ? draft.customerCondition : null,
    startsPaused: draft.startsPaused,
    steps: draft.steps.map(toInput),
  }) as CadenceDraft;

/** What was typed, what is missing, and saving. */
export function useCadenceDraft(cadence: Cadence | null, table: FieldTable) {
  const [draft, setDraft] = useState(() => draftFrom(cadence));
  const [saved, setSaved] = useState(draft);
  // the version that is edited: what somebody else saves meanwhile is not overwritten unseen
  const [version, setVersion] = useState(cadence?.version);
  const [problem, setProblem] = useState<unknown>(null);
  const [tried, setTried] = useState(false);
  const [pending, setPending] = useState(false);
  // counts what was loaded: the builder starts anew with it
  const [loaded, setLoaded] = useState(0);
  const [key] = useState(newKey);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const wrongSteps = draft.steps.flatMap((step) => {
    const missing = missingIn(step);
    return missing === null ? [] : [`The step ${whenWords(step.offsetDays)}: ${missing}`];
  });
  const conditionMissing = draft.byCondition ? incomplete('customer', draft.customerCondition, table) : null;
  const missing = [draft.name.trim() ? null : 'Write a name for the cadence.', conditionMissing, clash(draft.steps), ...wrongSteps].filter(
    (text) => text !== null,
  );
  const dirty = JSON.stringify(bodyOf(draft)) !== JSON.stringify(bodyOf(saved));
  const unsaved = useUnsaved(dirty);
  const take = (next: Cadence) => {
    const fresh = draftFrom(next);
    setDraft(fresh);
    setSaved(fresh);
    unsaved.current = false;
    setVersion(next.version);
    setLoaded(loaded + 1);
    setProblem(null);
    setTried(false);
    queries.setQueryData(cadenceQuery(next.id).queryKey, next);
  };
  const fetchNow = () => queries.fetchQuery({ ...cadenceQuery(cadence!.id), staleTime: 0 });
  const save = async (over = false) => {
    setTried(true);
    if (missing.length > 0) return;
    setPending(true);
    setProblem(null);
    try {
      const next = cadence
        ? await changeCadence(cadence.id, { ...bodyOf(draft), version: over ? (await fetchNow()).version : version })
        : await createCadence(bodyOf(draft), key);
      take(next);
      await queries.invalidateQueries({ queryKey: ['cadences'] });
      await queries.invalidateQueries({ queryKey: ['cadence-members', next.id] });
      done(cadence ? 'Cadence saved.' : 'Cadence saved, switched off. Put customers in, then switch it on.');
      if (!cadence) void navigate({ to: `/reminders/cadences/${next.id}` as never, replace: true });
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(false);
    }
  };
  return {
    draft,
    set: (change: Partial<Draft>) => setDraft({ ...draft, ...change, ...(change.steps ? { steps: inOrder(change.steps) } : {}) }),
    dirty,
    unsaved,
    missing,
    conditionMissing,
    tried,
    problem,
    pending,
    loaded,
    save,
    take,
    loadAgain: async () => take(await fetchNow()),
  };
}
