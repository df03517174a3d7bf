import { ArrowDown, ArrowUp, GripVertical, Mail, MailOpen, Pencil, Plus, Trash2, UserCheck } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '../../components/button.tsx';
import { Empty } from '../../components/states.tsx';
import { type Channel, type DraftStep, moreWords, moveStep, whatWords, whenWords } from './steps.ts';

const icons: Record<Channel, typeof Mail> = { email: Mail, task: UserCheck, letter: MailOpen };

interface TimelineProps {
  steps: readonly DraftStep[];
  onChange: (steps: DraftStep[]) => void;
  onEdit: (step: DraftStep) => void;
  onAdd: () => void;
  names: { template: (id: string | null) => string | null; colleague: (id: string | null) => string | null };
  refusal: string | undefined;
}

/** The steps from the first to the last, in words; moved by buttons or by dragging, which gives them the day of their new place. */
export function StepTimeline({ steps, onChange, onEdit, onAdd, names, refusal }: TimelineProps) {
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const move = (from: number, to: number) => onChange(moveStep(steps, from, to));
  const add = (
    <Button size="small" icon={Plus} blockedBecause={refusal} onClick={onAdd}>
      Add step
    </Button>
  );
  if (steps.length === 0)
    return (
      <Empty title="No steps yet" action={add}>
        The first is often a friendly mail a few days before the invoice is due.
      </Empty>
    );
  return (
    <>
      <ol aria-label="Steps" className="relative">
        {steps.map((step, index) => (
          <li
            key={step.key}
            draggable={refusal === undefined}
            onDragStart={(event) => {
              event.dataTransfer.effectAllowed = 'move';
              setDragged(index);
            }}
            onDragOver={(event) => {
              if (dragged === null) return;
              event.preventDefault();
              setOver(index);
            }}
            onDragEnd={() => {
              setDragged(null);
              setOver(null);
            }}
            onDrop={(event) => {
              event.preventDefault();
              if (dragged !== null && dragged !== index) move(dragged, index);
              setDragged(null);
              setOver(null);
            }}
            className={`relative flex gap-3 rounded-md pb-4 pl-1 ${over === index && dragged !== null && dragged !== index ? 'bg-accent-soft' : ''}`}
          >
            <StepMark step={step} last={index === steps.length - 1} />
            <div className="min-w-0 flex-1 pt-0.5">
              <p className="text-label font-medium text-muted">{capital(whenWords(step.offsetDays))}</p>
              <p className="[overflow-wrap:anywhere]">{whatWords(step, names)}</p>
              {moreWords(step).map((words) => (
                <p key={words} className="text-table text-muted [overflow-wrap:anywhere]">
                  {words}
                </p>
              ))}
            </div>
            <div className="flex shrink-0 items-start gap-0.5 max-sm:flex-wrap max-sm:justify-end max-sm:basis-[84px]">
              <GripVertical aria-hidden size={16} className="mt-2 cursor-grab text-muted max-sm:hidden" />
              <IconButton
                icon={ArrowUp}
                size="small"
                label={`Step ${index + 1} earlier`}
                blockedBecause={refusal ?? (index === 0 ? 'It is the first.' : undefined)}
                onClick={() => index > 0 && !refusal && move(index, index - 1)}
              />
              <IconButton
                icon={ArrowDown}
                size="small"
                label={`Step ${index + 1} later`}
                blockedBecause={refusal ?? (index === steps.length - 1 ? 'It is the last.' : undefined)}
                onClick={() => index < steps.length - 1 && !refusal && move(index, index + 1)}
              />
              <IconButton icon={Pencil} size="small" label={`Edit step ${index + 1}`} blockedBecause={refusal} onClick={() => !refusal && onEdit(step)} />
              <IconButton
                icon={Trash2}
                size="small"
                label={`Remove step ${index + 1}`}
                blockedBecause={refusal}
                onClick={() => !refusal && onChange(steps.filter((other) => other !== step))}
              />
            </div>
          </li>
        ))}
      </ol>
      {add}
    </>
  );
}

/** The channel as a sign on the line that leads from step to step. */
function StepMark({ step, last }: { step: DraftStep; last: boolean }) {
  const Icon = icons[step.channel];
  return (
    <>
      {!last && <span aria-hidden className="absolute top-8 bottom-0 left-[19px] w-px bg-border-strong/50" />}
      <span
        aria-hidden
        className={`grid size-8 shrink-0 place-items-center rounded-full ${step.channel === 'email' ? 'bg-accent-soft text-accent' : step.channel === 'task' ? 'bg-caution-soft text-caution' : 'bg-sunken text-text'}`}
      >
        <Icon size={16} />
      </span>
    </>
  );
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
