/** Where libXrdCl takes the certificates of authorities from. */

/** XrdClTls.cc; nothing else is looked at, not even OpenSSL's own directory. */
const usual = '/etc/grid-security/certificates';

/** For people. libXrdCl looks at the variable when the process first uses TLS. */
export function certificatesWhere(): string {
  const given = process.env['X509_CERT_DIR'];
  return given === undefined ? `${usual} (X509_CERT_DIR is not set)` : `${given} (X509_CERT_DIR)`;
}
