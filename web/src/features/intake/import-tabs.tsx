import { Tabs } from '../../components/page.tsx';

export function ImportTabs() {
  return (
    <Tabs
      label="Import"
      items={[
        { label: 'Import a file', to: '/import' },
        { label: 'Uploads', to: '/import/uploads' },
      ]}
    />
  );
}
