/** Facts that this module records. `data.before` and `data.after` hold the changed fields only. */
export const customerEvents = {
  created: 'customer.created',
  updated: 'customer.updated',
  archived: 'customer.archived',
  restored: 'customer.restored',
  paused: 'customer.reminders_paused',
  resumed: 'customer.reminders_resumed',
  contactAdded: 'contact.added',
  contactChanged: 'contact.changed',
  contactRemoved: 'contact.removed',
  parentChanged: 'customer.parent_changed',
  categorized: 'customer.categorized',
  categoryCreated: 'category.created',
  categoryRenamed: 'category.renamed',
  categoryRemoved: 'category.removed',
} as const;
