import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useRefusal } from '../../api/session.ts';
import { saveSettings, type Settings, type SettingsPatch, settingsQuery } from '../../api/settings.ts';
import { ApiProblem } from '../../api/problem.ts';
import { Button } from '../../components/button.tsx';
import { ErrorSummary } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';
import { InlineError } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { UnsavedQuestion, useUnsaved } from '../../components/unsaved.tsx';

interface FormProps<Draft> {
  title: string;
  lead?: string;
  /** What the form shows of the settings. */
  read: (settings: Settings) => Draft;
  /** What is sent; a string is a refusal shown above the form. */
  write: (draft: Draft) => SettingsPatch | string;
  children: (form: { draft: Draft; set: (change: Partial<Draft>) => void; error: (field: string) => string | undefined }) => ReactNode;
}

/** One card of settings with its own Save, which says why when it cannot be pressed. */
export function SettingsForm<Draft extends object>({ title, lead, read, write, children }: FormProps<Draft>) {
  const { data } = useSuspenseQuery(settingsQuery);
  const queries = useQueryClient();
  const saved = read(data);
  const [draft, setDraft] = useState(saved);
  const [problem, setProblem] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const refusal = useRefusal('settings.write');
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved);
  const unsaved = useUnsaved(dirty);
  const errors = problem instanceof ApiProblem ? problem.errors : [];
  const submit = async () => {
    const patch = write(draft);
    if (typeof patch === 'string') return setProblem(patch);
    setPending(true);
    setProblem(null);
    try {
      const next = await saveSettings(patch);
      queries.setQueryData(settingsQuery.queryKey, next);
      void queries.invalidateQueries({ queryKey: ['session'] });
      setDraft(read(next));
      done('Settings saved.');
    } catch (caught) {
      setProblem(caught);
    } finally {
      setPending(false);
    }
  };
  return (
    <Card title={title} lead={lead}>
      <form
        noValidate
        className="max-w-xl space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {typeof problem === 'string' && <ErrorSummary errors={[problem]} />}
        {errors.length > 0 && <ErrorSummary errors={errors.map((error) => error.message)} />}
        {problem !== null && typeof problem !== 'string' && errors.length === 0 && <InlineError error={problem} />}
        {children({ draft, set: (change) => setDraft({ ...draft, ...change }), error: (field) => errors.find((entry) => entry.field === field)?.message })}
        <div className="flex gap-2 pt-1">
          <Button type="submit" variant="primary" pending={pending} blockedBecause={refusal ?? (dirty ? undefined : 'Nothing has changed yet.')}>
            Save
          </Button>
          {dirty && (
            <Button variant="quiet" onClick={() => setDraft(saved)}>
              Discard changes
            </Button>
          )}
        </div>
      </form>
      <UnsavedQuestion unsaved={unsaved} what={`“${title}”`} />
    </Card>
  );
}
