import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { restoreVersion, type Template, templateQuery, type TemplateVersion, versionsQuery } from '../../api/templates.ts';
import { Button } from '../../components/button.tsx';
import { SidePanel } from '../../components/dialog.tsx';
import { Failure, LinesSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { formatMoment } from '../../format/dates.ts';
import { VersionDialog } from './version-dialog.tsx';

/** Every version that was saved, to be looked at, and the way back to it. */
export function VersionsPanel({
  template,
  open,
  onClose,
  onRestored,
  refusal,
}: {
  template: Template;
  open: boolean;
  onClose: () => void;
  onRestored: (template: Template) => void;
  refusal: string | undefined;
}) {
  const versions = useQuery({ ...versionsQuery(template.id), enabled: open });
  const [chosen, setChosen] = useState<TemplateVersion | null>(null);
  const queries = useQueryClient();
  const restore = async ({ version }: TemplateVersion) => {
    const restored = await restoreVersion(template.id, version);
    queries.setQueryData(templateQuery(template.id).queryKey, restored);
    await queries.invalidateQueries({ queryKey: ['templates'] });
    await queries.invalidateQueries({ queryKey: versionsQuery(template.id).queryKey });
    done(`Version ${version} is in use again, as version ${restored.version}.`);
    onRestored(restored);
    onClose();
  };
  return (
    <>
      <SidePanel open={open && chosen === null} onClose={onClose} title="Versions" lead={`Version ${template.version} is in use.`}>
        {versions.isPending && <LinesSkeleton />}
        {versions.isError && <Failure error={versions.error} retry={() => void versions.refetch()} />}
        {versions.data?.length === 0 && (
          <p className="text-muted">There are no earlier versions. Each time the template is saved, the one before is kept here.</p>
        )}
        <ul className="divide-y divide-border">
          {versions.data?.map((version) => (
            <li key={version.version} className="flex items-center gap-3 py-3">
              <div className="min-w-0 flex-1">
                <p className="truncate font-medium">{version.subject}</p>
                <p className="text-table text-muted">
                  Version {version.version} · replaced {formatMoment(version.savedAt)} by {version.savedBy}
                </p>
              </div>
              <Button size="small" aria-label={`Look at version ${version.version}`} onClick={() => setChosen(version)}>
                Look
              </Button>
            </li>
          ))}
        </ul>
      </SidePanel>
      {chosen && <VersionDialog template={template} version={chosen} refusal={refusal} onClose={() => setChosen(null)} onRestore={() => restore(chosen)} />}
    </>
  );
}
