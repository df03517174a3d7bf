import type { TemplateKind } from '../../api/templates.ts';

/** What a text of ours says before a person makes it theirs. */
export interface FirstWords {
  subject: Record<TemplateKind, string>;
  hello: string;
  opening: Record<TemplateKind, string>;
  /** For a reminder with one invoice. */
  openingOne: string;
  question: string;
  thanks: string;
}

/** In the languages in which we write the rest of a mail. */
export const firstWords: Readonly<Record<string, FirstWords>> = {
  en: {
    subject: {
      reminder: 'Invoices from {{seller_name}}: {{total_invoice_amount}} due',
      statement: 'Statement {{statement_number}} from {{seller_name}}',
      letter: 'Open invoices',
    },
    hello: 'Hello {{first_name | default: customer_company_name}},',
    opening: { reminder: 'These invoices are open:', statement: 'Here is your statement.', letter: 'Our records show that these invoices are open:' },
    openingOne: 'This invoice is open:',
    question: 'Please reply with any question.',
    thanks: 'Thank you,',
  },
  de: {
    subject: {
      reminder: 'Rechnungen von {{seller_name}}: {{total_invoice_amount}} offen',
      statement: 'Kontoauszug {{statement_number}} von {{seller_name}}',
      letter: 'Offene Rechnungen',
    },
    hello: 'Guten Tag {{first_name | default: customer_company_name}},',
    opening: {
      reminder: 'diese Rechnungen sind offen:',
      statement: 'hier ist Ihr Kontoauszug.',
      letter: 'nach unseren Unterlagen sind diese Rechnungen offen:',
    },
    openingOne: 'diese Rechnung ist offen:',
    question: 'Bei Fragen antworten Sie bitte auf diese Nachricht.',
    thanks: 'Vielen Dank',
  },
  fr: {
    subject: {
      reminder: 'Factures de {{seller_name}} : {{total_invoice_amount}} à régler',
      statement: 'Relevé {{statement_number}} de {{seller_name}}',
      letter: 'Factures ouvertes',
    },
    hello: 'Bonjour {{first_name | default: customer_company_name}},',
    opening: { reminder: 'Ces factures sont ouvertes :', statement: 'Voici votre relevé.', letter: 'Selon nos livres, ces factures sont ouvertes :' },
    openingOne: 'Cette facture est ouverte :',
    question: 'Pour toute question, répondez à ce message.',
    thanks: 'Merci,',
  },
  es: {
    subject: {
      reminder: 'Facturas de {{seller_name}}: {{total_invoice_amount}} pendientes',
      statement: 'Estado de cuenta {{statement_number}} de {{seller_name}}',
      letter: 'Facturas pendientes',
    },
    hello: 'Hola, {{first_name | default: customer_company_name}}:',
    opening: {
      reminder: 'Estas facturas están pendientes:',
      statement: 'Aquí tiene su estado de cuenta.',
      letter: 'Según nuestros registros, estas facturas están pendientes:',
    },
    openingOne: 'Esta factura está pendiente:',
    question: 'Si tiene alguna pregunta, responda a este mensaje.',
    thanks: 'Gracias,',
  },
  it: {
    subject: {
      reminder: 'Fatture di {{seller_name}}: {{total_invoice_amount}} da pagare',
      statement: 'Estratto conto {{statement_number}} di {{seller_name}}',
      letter: 'Fatture aperte',
    },
    hello: 'Buongiorno {{first_name | default: customer_company_name}},',
    opening: {
      reminder: 'queste fatture sono aperte:',
      statement: 'ecco il suo estratto conto.',
      letter: 'dai nostri registri risultano aperte queste fatture:',
    },
    openingOne: 'questa fattura è aperta:',
    question: 'Per qualsiasi domanda risponda a questo messaggio.',
    thanks: 'Grazie,',
  },
  pt: {
    subject: {
      reminder: 'Faturas de {{seller_name}}: {{total_invoice_amount}} em aberto',
      statement: 'Extrato {{statement_number}} de {{seller_name}}',
      letter: 'Faturas em aberto',
    },
    hello: 'Olá, {{first_name | default: customer_company_name}},',
    opening: {
      reminder: 'Estas faturas estão em aberto:',
      statement: 'Aqui está o seu extrato.',
      letter: 'Segundo os nossos registros, estas faturas estão em aberto:',
    },
    openingOne: 'Esta fatura está em aberto:',
    question: 'Em caso de dúvida, responda a esta mensagem.',
    thanks: 'Obrigado,',
  },
  nl: {
    subject: {
      reminder: 'Facturen van {{seller_name}}: {{total_invoice_amount}} open',
      statement: 'Overzicht {{statement_number}} van {{seller_name}}',
      letter: 'Openstaande facturen',
    },
    hello: 'Beste {{first_name | default: customer_company_name}},',
    opening: { reminder: 'Deze facturen staan open:', statement: 'Hier is uw overzicht.', letter: 'Volgens onze administratie staan deze facturen open:' },
    openingOne: 'Deze factuur staat open:',
    question: 'Hebt u een vraag, beantwoord dan dit bericht.',
    thanks: 'Dank u,',
  },
};

export const wordsFor = (language: string): FirstWords | undefined => firstWords[language.split('-')[0]!.toLowerCase()];
