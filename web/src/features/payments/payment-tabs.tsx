import { Tabs } from '../../components/page.tsx';

/** Money that came, and every try to collect some. */
export function PaymentTabs() {
  return (
    <Tabs
      label="Payments"
      items={[
        { label: 'Received', to: '/payments' },
        { label: 'Tries to collect', to: '/payments/attempts' },
      ]}
    />
  );
}
