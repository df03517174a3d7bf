/** What we write into a customer's mail by ourselves, in the languages that templates are written in. */
export interface MailWords {
  invoice: string;
  amountDue: string;
  dueDate: string;
  viewPdf: string;
  total: string;
  more: (count: number) => string;
  dueToday: string;
  overdue: (days: number) => string;
  dueIn: (days: number) => string;
  and: string;
  why: string | null;
  savedCard: string;
  newCard: string;
  savedBank: string;
  newBank: string;
  statement: { number: string; date: string; balance: string; attached: string };
}

const english: MailWords = {
  invoice: 'Invoice',
  amountDue: 'Amount due',
  dueDate: 'Due date',
  viewPdf: 'VIEW PDF',
  total: 'Total amount due',
  more: (count) => `and ${count} more, included in the total`,
  dueToday: 'due today',
  overdue: (days) => `${days === 1 ? '1 day' : `${days} days`} overdue`,
  dueIn: (days) => `due in ${days === 1 ? '1 day' : `${days} days`}`,
  and: 'and',
  // said for each kind of mail in email.ts
  why: null,
  savedCard: 'Pay with card ending',
  newCard: 'Pay with a new card',
  savedBank: 'Pay from bank account ending',
  newBank: 'Pay from a new bank account',
  statement: { number: 'Statement #', date: 'Statement date', balance: 'Open balance', attached: 'The complete version is attached as a PDF.' },
};

const languages: Record<string, MailWords> = {
  en: english,
  es: {
    invoice: 'Factura',
    amountDue: 'Importe pendiente',
    dueDate: 'Vencimiento',
    viewPdf: 'VER PDF',
    total: 'Importe total pendiente',
    more: (count) => `y ${count} más, incluidas en el total`,
    dueToday: 'vence hoy',
    overdue: (days) => `vencida hace ${days === 1 ? '1 día' : `${days} días`}`,
    dueIn: (days) => `vence en ${days === 1 ? '1 día' : `${days} días`}`,
    and: 'y',
    why: 'Recibe este mensaje porque hay facturas pendientes a su nombre.',
    savedCard: 'Pagar con la tarjeta terminada en',
    newCard: 'Pagar con otra tarjeta',
    savedBank: 'Pagar desde la cuenta terminada en',
    newBank: 'Pagar desde otra cuenta bancaria',
    statement: { number: 'Estado de cuenta n.º', date: 'Fecha', balance: 'Saldo pendiente', attached: 'La versión completa va adjunta en PDF.' },
  },
  fr: {
    invoice: 'Facture',
    amountDue: 'Montant dû',
    dueDate: 'Échéance',
    viewPdf: 'VOIR LE PDF',
    total: 'Montant total dû',
    more: (count) => `et ${count} autres, comprises dans le total`,
    dueToday: 'échéance aujourd’hui',
    overdue: (days) => `en retard de ${days === 1 ? '1 jour' : `${days} jours`}`,
    dueIn: (days) => `échéance dans ${days === 1 ? '1 jour' : `${days} jours`}`,
    and: 'et',
    why: 'Vous recevez ce message car des factures à votre nom sont ouvertes.',
    savedCard: 'Payer avec la carte se terminant par',
    newCard: 'Payer avec une nouvelle carte',
    savedBank: 'Payer depuis le compte se terminant par',
    newBank: 'Payer depuis un nouveau compte bancaire',
    statement: { number: 'Relevé n°', date: 'Date du relevé', balance: 'Solde ouvert', attached: 'La version complète est jointe en PDF.' },
  },
  de: {
    invoice: 'Rechnung',
    amountDue: 'Offener Betrag',
    dueDate: 'Fällig am',
    viewPdf: 'PDF ANSEHEN',
    total: 'Offener Betrag gesamt',
    more: (count) => `und ${count} weitere, in der Summe enthalten`,
    dueToday: 'heute fällig',
    overdue: (days) => `${days === 1 ? '1 Tag' : `${days} Tage`} überfällig`,
    dueIn: (days) => `fällig in ${days === 1 ? '1 Tag' : `${days} Tagen`}`,
    and: 'und',
    why: 'Sie erhalten diese Nachricht, weil Rechnungen an Sie offen sind.',
    savedCard: 'Mit der Karte bezahlen, die endet auf',
    newCard: 'Mit einer neuen Karte bezahlen',
    savedBank: 'Vom Bankkonto bezahlen, das endet auf',
    newBank: 'Von einem neuen Bankkonto bezahlen',
    statement: { number: 'Kontoauszug Nr.', date: 'Datum', balance: 'Offener Saldo', attached: 'Die vollständige Fassung liegt als PDF bei.' },
  },
  it: {
    invoice: 'Fattura',
    amountDue: 'Importo dovuto',
    dueDate: 'Scadenza',
    viewPdf: 'VEDI PDF',
    total: 'Importo totale dovuto',
    more: (count) => `e altre ${count}, comprese nel totale`,
    dueToday: 'scade oggi',
    overdue: (days) => `scaduta da ${days === 1 ? '1 giorno' : `${days} giorni`}`,
    dueIn: (days) => `scade tra ${days === 1 ? '1 giorno' : `${days} giorni`}`,
    and: 'e',
    why: 'Riceve questo messaggio perché ci sono fatture aperte a suo nome.',
    savedCard: 'Paga con la carta che termina con',
    newCard: 'Paga con una nuova carta',
    savedBank: 'Paga dal conto che termina con',
    newBank: 'Paga da un nuovo conto bancario',
    statement: { number: 'Estratto conto n.', date: 'Data', balance: 'Saldo aperto', attached: 'La versione completa è allegata in PDF.' },
  },
  pt: {
    invoice: 'Fatura',
    amountDue: 'Valor em aberto',
    dueDate: 'Vencimento',
    viewPdf: 'VER PDF',
    total: 'Valor total em aberto',
    more: (count) => `e mais ${count}, incluídas no total`,
    dueToday: 'vence hoje',
    overdue: (days) => `vencida há ${days === 1 ? '1 dia' : `${days} dias`}`,
    dueIn: (days) => `vence em ${days === 1 ? '1 dia' : `${days} dias`}`,
    and: 'e',
    why: 'Você recebe esta mensagem porque há faturas em aberto em seu nome.',
    savedCard: 'Pagar com o cartão terminado em',
    newCard: 'Pagar com outro cartão',
    savedBank: 'Pagar pela conta terminada em',
    newBank: 'Pagar por outra conta bancária',
    statement: { number: 'Extrato n.º', date: 'Data', balance: 'Saldo em aberto', attached: 'A versão completa segue em anexo, em PDF.' },
  },
  nl: {
    invoice: 'Factuur',
    amountDue: 'Openstaand bedrag',
    dueDate: 'Vervaldatum',
    viewPdf: 'PDF BEKIJKEN',
    total: 'Totaal openstaand',
    more: (count) => `en nog ${count}, in het totaal begrepen`,
    dueToday: 'vervalt vandaag',
    overdue: (days) => `${days === 1 ? '1 dag' : `${days} dagen`} te laat`,
    dueIn: (days) => `vervalt over ${days === 1 ? '1 dag' : `${days} dagen`}`,
    and: 'en',
    why: 'U ontvangt dit bericht omdat er facturen op uw naam openstaan.',
    savedCard: 'Betalen met de kaart die eindigt op',
    newCard: 'Betalen met een nieuwe kaart',
    savedBank: 'Betalen van de rekening die eindigt op',
    newBank: 'Betalen van een nieuwe bankrekening',
    statement: { number: 'Overzicht nr.', date: 'Datum', balance: 'Openstaand saldo', attached: 'De volledige versie is als pdf bijgevoegd.' },
  },
};

/** English for languages that we do not speak. */
export const wordsOf = (language: string): MailWords => languages[language.split('-')[0]!.toLowerCase()] ?? english;

/** How dates and amounts are written for a language: the company's way where it is the same, else with the company's region. */
export function localeFor(language: string, companyLocale: string): string {
  const [of, region] = companyLocale.split('-');
  if (of!.toLowerCase() === language.split('-')[0]!.toLowerCase()) return companyLocale;
  return language.includes('-') || !region ? language : `${language}-${region}`;
}

/** A button of the payment link in another language; what we have no words for stays. */
export function translateButton(label: string, words: MailWords): string {
  return label
    .replace(/^Pay with card ending(?= \d)/, () => words.savedCard)
    .replace(/^Pay from bank account ending(?= \d)/, () => words.savedBank)
    .replace(/^Pay with a new card/, () => words.newCard)
    .replace(/^Pay from a new bank account/, () => words.newBank);
}
