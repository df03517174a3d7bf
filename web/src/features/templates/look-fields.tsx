import { useId } from 'react';
import type { DesignBlock } from '../../api/templates.ts';
import { Button } from '../../components/button.tsx';

/** A colour, or none. */
export function ColourField({
  label,
  value,
  onChange,
  none,
}: {
  label: string;
  value: string | null;
  onChange: (value: string | null) => void;
  /** What stands in without a colour; without it there always is one. */
  none?: string;
}) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-table font-medium">
        {label}
      </label>
      <div className="flex items-center gap-2">
        <input
          id={id}
          type="color"
          value={value ?? '#ffffff'}
          onChange={(event) => onChange(event.target.value)}
          className={`h-9 w-12 cursor-pointer rounded-md border border-border-strong bg-raised p-1 max-sm:h-11 ${value === null ? 'opacity-50' : ''}`}
        />
        <span className="figures text-table text-muted">{value ?? none}</span>
        {none !== undefined && value !== null && (
          <Button size="small" variant="quiet" onClick={() => onChange(null)}>
            Clear
          </Button>
        )}
      </div>
    </div>
  );
}

/** A small whole number. */
export function NumberField({
  label,
  value,
  onChange,
  min = 0,
  max = 80,
}: {
  label: string;
  value: number;
  onChange: (value: number) => void;
  min?: number;
  max?: number;
}) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-table font-medium">
        {label}
      </label>
      <input
        id={id}
        type="number"
        inputMode="numeric"
        min={min}
        max={max}
        value={value}
        onChange={(event) => {
          const number = Math.round(Number(event.target.value));
          onChange(Number.isFinite(number) ? Math.min(Math.max(number, min), max) : min);
        }}
        className="control"
      />
    </div>
  );
}

/** What every block has: its ground, its edge, and the room in and under it. */
export function BoxFields({
  block,
  onChange,
}: {
  block: DesignBlock;
  onChange: (change: Partial<Pick<DesignBlock, 'background' | 'border' | 'padding' | 'below'>>) => void;
}) {
  const side = (name: keyof DesignBlock['padding'], label: string) => (
    <NumberField label={label} value={block.padding[name]} onChange={(value) => onChange({ padding: { ...block.padding, [name]: value } })} />
  );
  const bordered = !['image', 'button', 'divider', 'columns'].includes(block.type);
  return (
    <fieldset className="space-y-3 rounded-md border border-border p-3">
      <legend className="px-1 text-table font-medium">Background and padding</legend>
      <div className="grid gap-3 sm:grid-cols-2">
        <ColourField label="Background" value={block.background} none="None" onChange={(background) => onChange({ background })} />
        {bordered && <ColourField label="Border" value={block.border} none="None" onChange={(border) => onChange({ border })} />}
      </div>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-5">
        {side('top', 'Top')}
        {side('right', 'Right')}
        {side('bottom', 'Bottom')}
        {side('left', 'Left')}
        <NumberField label="Gap below" value={block.below} onChange={(below) => onChange({ below })} />
      </div>
    </fieldset>
  );
}
