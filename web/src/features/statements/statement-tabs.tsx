import { Tabs } from '../../components/page.tsx';

export function StatementTabs() {
  return (
    <Tabs
      label="Statements"
      items={[
        { label: 'Rules', to: '/statements' },
        { label: 'Runs', to: '/statements/runs' },
        { label: 'All statements', to: '/statements/all' },
      ]}
    />
  );
}
