/** The guide's attribute names in plain words. */
const words: Record<string, string> = {
  customerno: 'Customer number',
  companyname: 'Company name',
  firstname: 'First name',
  lastname: 'Last name',
  phoneno: 'Phone',
  emailaddress1: 'E-mail addresses',
  cocode: 'Company code',
  accountingDocNumber: 'Accounting document number',
  billAddr: 'Bill-to address',
  shipAddr: 'Ship-to address',
  balanceAmount: 'Open balance',
  postDate: 'Posting date',
  debitCreditIndicator: 'Debit or credit',
  itemText: 'Text',
  referenceDocNo: 'Reference document',
};

export function attributeWords(name: string): string {
  const known = words[name];
  if (known) return known;
  const spaced = name
    .replace(/([A-Z])/g, ' $1')
    .replace(/(\d+)$/, ' $1')
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
