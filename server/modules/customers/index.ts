export { categoriesNamed, categorizeCustomers } from './commands/category.ts';
export { addContact } from './commands/contact.ts';
export { archiveCustomer, createCustomer, lockCustomer, type NewCustomer, pauseReminders, setParent, updateCustomer } from './commands/customer.ts';
export { cleanEmail, displayName, prefixQuery } from './customer.ts';
export { endpoints } from './endpoints.ts';
export { customerEvents } from './events.ts';
export {
  type Category,
  type Contact,
  type Customer,
  findCustomerByNumber,
  lockCustomerRows,
  readCategoriesOf,
  readCategoryNames,
  readChildren,
  readContacts,
  readCustomer,
  searchCustomerIds,
} from './queries.ts';
export { refreshHabits } from './queries-habit.ts';
export { type Recipient, readRecipients, readSpokenLanguages, recipientsOf } from './queries-recipients.ts';
export { categorySchema, contactSchema, customerSchema, type Purpose, purposes } from './schemas.ts';
export { createNamedCustomers, type CustomerBatch, CustomerFinder, type FoundCustomer, mergeCustomers, type UploadedCustomer } from './upload.ts';
export { undoCustomers } from './upload-undo.ts';
