import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { allTemplatesQuery, type TemplateKind, templateQuery } from '../../api/templates.ts';
import { Failure, PageSkeleton } from '../../components/states.tsx';
import { TemplateEditor } from './template-editor.tsx';

/** A template beside the mail that it makes. */
export function TemplatePage() {
  const { id = 'new' } = useParams({ strict: false }) as { id?: string };
  const { kind } = useSearch({ strict: false }) as { kind?: string };
  const template = useQuery({ ...templateQuery(id), enabled: id !== 'new' });
  const list = useQuery(allTemplatesQuery);
  if (template.isError) return <Failure error={template.error} retry={() => void template.refetch()} />;
  if (list.isError) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if ((id !== 'new' && template.isPending) || list.isPending) return <PageSkeleton />;
  const wanted: TemplateKind = kind === 'statement' || kind === 'letter' ? kind : 'reminder';
  return <TemplateEditor key={`${id} ${wanted}`} template={template.data ?? null} kind={wanted} tags={list.data.mergeTags} loopFields={list.data.loopFields} />;
}
