import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ImageUp, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { deletePicture, PICTURE_KINDS, PICTURE_WORDS, type Picture, picturesQuery, uploadPicture } from '../../api/pictures.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { FileDrop } from '../../components/file-drop.tsx';
import { Failure, InlineError, LinesSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';

/** Uploads a file and answers the picture; `error` says why it was refused. */
export function usePictureUpload(onPick: (picture: Picture) => void) {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const queries = useQueryClient();
  // what was written while the file was on its way stays
  const latest = useRef(onPick);
  latest.current = onPick;
  const upload = async (file: File) => {
    setPending(true);
    setError(null);
    try {
      const picture = await uploadPicture(file);
      await queries.invalidateQueries({ queryKey: picturesQuery.queryKey });
      latest.current(picture);
    } catch (refused) {
      setError(refused);
    } finally {
      setPending(false);
    }
  };
  return { upload: (file: File) => void upload(file), pending, error };
}

/** Opens the pictures: a new one is uploaded, an earlier one picked again. */
export function PictureButton({ label, className, onPick }: { label: string; className?: string; onPick: (picture: Picture) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <div className={className}>
      <Button size="small" icon={ImageUp} onClick={() => setOpen(true)}>
        {label}
      </Button>
      {open && (
        <PictureDialog
          onClose={() => setOpen(false)}
          onPick={(picture) => {
            onPick(picture);
            setOpen(false);
          }}
        />
      )}
    </div>
  );
}

function PictureDialog({ onClose, onPick }: { onClose: () => void; onPick: (picture: Picture) => void }) {
  const pictures = useQuery(picturesQuery);
  const { upload, pending, error } = usePictureUpload(onPick);
  const refusal = useRefusal('correspondence.write');
  return (
    <Dialog open onClose={onClose} width="wide" title="Pictures" lead="Whoever has the address of a picture can open it, as mails need.">
      <div className="space-y-4">
        {error !== null && <InlineError error={error} />}
        {!refusal && <FileDrop small accept={PICTURE_KINDS} kinds={PICTURE_WORDS} pending={pending} onFile={upload} />}
        {pictures.isPending && <LinesSkeleton />}
        {pictures.isError && <Failure error={pictures.error} retry={() => void pictures.refetch()} />}
        {pictures.data?.length === 0 && <p className="text-muted">None was uploaded yet.</p>}
        <ul aria-label="Earlier pictures" className="grid grid-cols-2 items-start gap-3 sm:grid-cols-3">
          {pictures.data?.map((picture) => (
            <PictureTile key={picture.id} picture={picture} refusal={refusal} onPick={() => onPick(picture)} />
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function PictureTile({ picture, refusal, onPick }: { picture: Picture; refusal: string | undefined; onPick: () => void }) {
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const queries = useQueryClient();
  const remove = async () => {
    try {
      await deletePicture(picture.id);
      await queries.invalidateQueries({ queryKey: picturesQuery.queryKey });
      done(`${picture.name} deleted.`);
    } catch (refused) {
      setError(refused);
      setAsking(false);
    }
  };
  return (
    <li className="min-w-0 rounded-md border border-border">
      <button type="button" onClick={onPick} aria-label={`Use ${picture.name}`} className="block w-full rounded-t-md bg-white p-2 hover:opacity-80">
        <img src={picture.path} alt="" loading="lazy" className="mx-auto h-24 max-w-full object-contain" />
      </button>
      <div className="flex items-center gap-1 border-t border-border py-1 pr-1 pl-2">
        <p className="min-w-0 flex-1 text-label text-muted">
          <span className="block truncate" title={picture.name}>
            {picture.name}
          </span>
          {picture.width} × {picture.height}
        </p>
        <IconButton
          icon={Trash2}
          size="small"
          label={`Delete ${picture.name}`}
          blockedBecause={refusal}
          onClick={() => refusal === undefined && setAsking(true)}
        />
      </div>
      {asking && (
        <div className="space-y-2 border-t border-border p-2 text-table">
          <p>Mails that were sent will show its text instead.</p>
          <div className="flex flex-wrap gap-2">
            <Button size="small" variant="danger" onClick={() => void remove()}>
              Delete
            </Button>
            <Button size="small" onClick={() => setAsking(false)}>
              Keep
            </Button>
          </div>
        </div>
      )}
      {error !== null && (
        <div className="border-t border-border p-2">
          <InlineError error={error} />
        </div>
      )}
    </li>
  );
}
