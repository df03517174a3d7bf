import { FileUp } from 'lucide-react';
import { useId, useState } from 'react';

/** Drop a file or choose one. Files of another kind are refused with the reason. */
export function FileDrop({
  accept,
  kinds,
  onFile,
  pending,
  small,
  label = 'Drop a file here, or choose one',
}: {
  accept: readonly string[];
  kinds: string;
  onFile: (file: File) => void;
  pending?: boolean;
  small?: boolean;
  label?: string;
}) {
  const id = useId();
  const [over, setOver] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const take = (file: File | undefined) => {
    if (!file || pending) return;
    const fits = accept.some((extension) => file.name.toLowerCase().endsWith(extension));
    setRefusal(fits ? null : `${file.name} is not one of ${kinds}.`);
    if (fits) onFile(file);
  };
  return (
    <div>
      <label
        htmlFor={id}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer.files[0]);
        }}
        className={`flex flex-col items-center rounded-lg border border-dashed text-center ${small ? 'px-4 py-4' : 'px-6 py-10'} transition-colors duration-100 focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent ${over ? 'border-accent bg-accent-soft' : 'border-border-strong bg-raised hover:bg-sunken'}`}
      >
        <FileUp aria-hidden size={small ? 18 : 24} className="text-muted" />
        <span className={`font-medium ${small ? 'mt-1' : 'mt-2'}`}>{pending ? 'Reading the file…' : label}</span>
        <span className="mt-0.5 text-table text-muted">{kinds}</span>
        <input
          id={id}
          type="file"
          accept={accept.join(',')}
          className="sr-only"
          onChange={(event) => {
            take(event.target.files?.[0]);
            event.target.value = '';
          }}
        />
      </label>
      {refusal && (
        <p role="alert" className="mt-2 text-table font-medium text-critical">
          {refusal}
        </p>
      )}
    </div>
  );
}
