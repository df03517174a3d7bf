import { Tabs } from '../../components/page.tsx';

export function ReminderTabs() {
  return (
    <Tabs
      label="Invoice reminders"
      items={[
        { label: 'Rules', to: '/reminders' },
        { label: 'Cadences', to: '/reminders/cadences' },
        { label: 'Letters', to: '/reminders/letters' },
        { label: 'Runs', to: '/reminders/runs' },
      ]}
    />
  );
}
