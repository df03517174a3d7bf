import { Tabs } from '../../components/page.tsx';

export function ReminderTabs() {
  return (
    <Tabs
      label="Invoice reminders"
      items={[
        { label: 'Rules', to: '/reminders' },
        { label: 'Runs', to: '/reminders/runs' },
        { label: 'Templates', to: '/reminders/templates' },
      ]}
    />
  );
}
