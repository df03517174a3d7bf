import { Dialog } from '../components/dialog.tsx';
import { Kbd } from '../components/page.tsx';
import { navigation } from './navigation.ts';

const groups: readonly { title: string; keys: readonly (readonly [string[], string])[] }[] = [
  {
    title: 'Everywhere',
    keys: [
      [['⌘', 'K'], 'Search and go anywhere (Ctrl K on other keyboards)'],
      [['?'], 'This help'],
      [['Esc'], 'Close what is open'],
    ],
  },
  {
    title: 'In a list',
    keys: [
      [['/'], 'Search the list'],
      [['↑', '↓'], 'Move (or k and j)'],
      [['Enter'], 'Open'],
      [['x'], 'Select; with Shift, a range'],
      [['Home', 'End'], 'First and last row loaded'],
    ],
  },
  { title: 'Go to', keys: navigation.map((item) => [['g', item.key], item.label] as const) },
];

export default function KeyboardHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts" width="wide">
      <div className="grid gap-6 sm:grid-cols-2">
        {groups.map((group) => (
          <section key={group.title}>
            <h3 className="mb-2 text-label font-medium text-muted">{group.title}</h3>
            <dl className="space-y-1.5">
              {group.keys.map(([keys, meaning]) => (
                <div key={meaning} className="flex items-baseline gap-3">
                  <dt className="flex w-24 shrink-0 gap-1">
                    {keys.map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
