import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { done } from '../../components/toast.tsx';
import { useUnsaved } from '../../components/unsaved.tsx';
import type { Group } from './conditions.ts';
import type { RuleKind, SavedRule } from './rule-kind.ts';

/** What the form of every rule has. */
export interface CommonDraft {
  name: string;
  templateId: string;
  customerCondition: Group;
  invoiceCondition: Group;
}

interface FormDraftInput<D extends CommonDraft, R extends SavedRule> {
  kind: RuleKind<R>;
  /** Null: a new one. */
  rule: R | null;
  draftOf: (rule: R | null) => D;
  /** `asked` keeps a test back, all of them keep saving back. */
  missingIn: (draft: D) => { asked: string | null; all: string[] };
  /** The rule as the server has it now. */
  read: (id: string) => Promise<R>;
  /** `version` is the one that was edited; undefined for a new rule. */
  write: (draft: D, version: number | undefined) => Promise<R>;
}

export type FormDraft<D extends CommonDraft, R extends SavedRule> = ReturnType<typeof useFormDraft<D, R>>;

/** What was typed, what is missing, saving, and going back to what is saved. */
export function useFormDraft<D extends CommonDraft, R extends SavedRule>({ kind, rule, draftOf, missingIn, read, write }: FormDraftInput<D, R>) {
  const [draft, setDraft] = useState(() => draftOf(rule));
  const [saved, setSaved] = useState(draft);
  // the version that is edited: what somebody else saves meanwhile is not overwritten unseen
  const [version, setVersion] = useState(rule?.version);
  const [problem, setProblem] = useState<unknown>(null);
  const [tried, setTried] = useState(false);
  const [pending, setPending] = useState(false);
  // counts what was loaded: the builders start anew with it
  const [loaded, setLoaded] = useState(0);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const missing = missingIn(draft);
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved);
  const unsaved = useUnsaved(dirty);
  const load = (next: D) => {
    setDraft(next);
    setSaved(next);
    setProblem(null);
    setTried(false);
    setLoaded(loaded + 1);
  };
  /** Takes over a rule as the server has it now. */
  const take = (next: R) => {
    setVersion(next.version);
    load(draftOf(next));
  };
  const save = async (over = false) => {
    setTried(true);
    if (missing.all.length > 0) return;
    setPending(true);
    setProblem(null);
    try {
      const next = await write(draft, rule && over ? (await read(rule.id)).version : version);
      queries.setQueryData(kind.ruleKey(next.id), next);
      await Promise.all(kind.refreshed.map((name) => queries.invalidateQueries({ queryKey: [name] })));
      setSaved(draft);
      setVersion(next.version);
      unsaved.current = false;
      setTried(false);
      done(rule ? 'Rule saved.' : 'Rule saved, switched off. Test it, then switch it on.');
      if (!rule) void navigate({ to: `${kind.pages}/${next.id}` as never, replace: true });
    } catch (refused) {
      setProblem(refused);
    } finally {
      setPending(false);
    }
  };
  return {
    isNew: rule === null,
    permission: kind.permission,
    draft,
    set: (change: Partial<CommonDraft> | Partial<D>) => setDraft({ ...draft, ...change }),
    dirty,
    unsaved,
    missing,
    tried,
    problem,
    pending,
    loaded,
    save,
    reset: () => load(saved),
    take,
    loadAgain: async () => {
      const next = await read(rule!.id);
      queries.setQueryData(kind.ruleKey(next.id), next);
      take(next);
    },
  };
}

/** The value as it was when it last stood still for a moment. */
export function useSettled<T>(value: T, milliseconds: number): T {
  const text = JSON.stringify(value);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), milliseconds);
    return () => clearTimeout(timer);
  }, [text, milliseconds]);
  return JSON.parse(settled) as T;
}
