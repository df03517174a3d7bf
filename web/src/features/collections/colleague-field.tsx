import { useQuery } from '@tanstack/react-query';
import { colleaguesQuery } from '../../api/collections.ts';
import { SelectField } from '../../components/field.tsx';

/** Somebody who works here, or nobody yet. */
export function ColleagueField({
  label,
  value,
  onChange,
  nobody = 'Nobody yet',
}: {
  label: string;
  value: string | null;
  onChange: (id: string | null) => void;
  nobody?: string;
}) {
  const { data } = useQuery(colleaguesQuery);
  const people = data?.items ?? [];
  return (
    <SelectField
      label={label}
      value={value ?? ''}
      onChange={(id) => onChange(id || null)}
      choices={[
        { value: '', label: nobody },
        ...people.map((person) => ({ value: person.id, label: person.id === data?.me ? `${person.name} (you)` : person.name })),
      ]}
    />
  );
}
