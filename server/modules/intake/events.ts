/** Facts that this module records; the subject is the upload. */
export const intakeEvents = {
  uploadFinished: 'upload.finished',
  uploadUndone: 'upload.undone',
} as const;
