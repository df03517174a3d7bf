import { Compass } from 'lucide-react';
import { LinkButton } from '../components/button.tsx';
import { Empty } from '../components/states.tsx';

export function NotFound() {
  return (
    <Empty icon={Compass} title="There is nothing at this address" action={<LinkButton to="/">Go to the dashboard</LinkButton>}>
      It may have been moved, or the link was cut short.
    </Empty>
  );
}
