import { useState } from 'react';
import { type Picture, PICTURE_KINDS, PICTURE_WORDS } from '../../api/pictures.ts';
import type { DesignBlock } from '../../api/templates.ts';
import { FileDrop } from '../../components/file-drop.tsx';
import { InlineError } from '../../components/states.tsx';
import { PictureButton, usePictureUpload } from './picture-dialog.tsx';

type ImageBlock = Extract<DesignBlock, { type: 'image' }>;

/** As wide as it is, or as the mail allows. */
const MAX_WIDTH = 552;

/** The picture of an image block: dropped, chosen, or picked from earlier ones. */
export function ImageBody({ block, onChange }: { block: ImageBlock; onChange: (block: ImageBlock) => void }) {
  const pick = (picture: Picture) =>
    onChange({ ...block, src: picture.path, width: Math.max(10, Math.min(picture.width, block.width ?? MAX_WIDTH, MAX_WIDTH)) });
  const { upload, pending, error } = usePictureUpload(pick);
  return (
    <div className="space-y-2">
      {error !== null && <InlineError error={error} />}
      {block.src === '' ? (
        <>
          <FileDrop small label="Drop a picture here, or choose one" accept={PICTURE_KINDS} kinds={PICTURE_WORDS} pending={pending} onFile={upload} />
          <div className="flex justify-center">
            <PictureButton label="Earlier pictures" onPick={pick} />
          </div>
        </>
      ) : (
        <div
          role="group"
          aria-label="Picture"
          className="space-y-2"
          onDragOver={(event) => {
            if (event.dataTransfer.types.includes('Files')) event.preventDefault();
          }}
          onDrop={(event) => {
            const file = event.dataTransfer.files[0];
            if (!file) return;
            event.preventDefault();
            event.stopPropagation();
            upload(file);
          }}
        >
          <Shown key={block.src} block={block} />
          <div className="flex justify-center">
            <PictureButton label={pending ? 'Reading the file…' : 'Another picture'} onPick={pick} />
          </div>
        </div>
      )}
    </div>
  );
}

function Shown({ block }: { block: ImageBlock }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <p className="rounded-md bg-sunken px-3 py-4 text-center text-muted [overflow-wrap:anywhere]">No picture is at {block.src}.</p>;
  return (
    <div className="rounded-md bg-white p-1" style={{ textAlign: block.align }}>
      <img
        src={block.src}
        alt={block.alt || 'The picture of this block'}
        referrerPolicy="no-referrer"
        onError={() => setBroken(true)}
        className="inline-block max-h-72 max-w-full"
        style={block.width ? { width: block.width } : undefined}
      />
    </div>
  );
}
