export { seedDemoGateway } from './commands/account.ts';
export { saveDemoMethod } from './commands/method.ts';
export { endpoints } from './endpoints.ts';
export { paymentEvents } from './events.ts';
export { registerGateways } from './gateways.ts';
export { jobs, sweep, ticks } from './jobs.ts';
export {
  type ConfirmationDetails,
  createPayLink,
  createPayLinks,
  createStaffLink,
  issueConfirmToken,
  type PayButton,
  type PayLink,
  type PayLinkInput,
  readConfirmation,
} from './links/links.ts';
export { pages } from './pages/routes.ts';
export { onPayPageShown } from './pages/shown.ts';
