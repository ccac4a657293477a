/**
 * A key and a certificate that it signed itself, for 127.0.0.1 and localhost. Node cannot make one, hence this pair, which
 * stands for nothing else: anybody can read the key, and no client that verifies will take the certificate.
 */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8dCVkpbpf1qOAYaN
TmCUUW887myTMGnxLg02DS9P6mqhRANCAASwP5rIYrAOCtdwcVWFUlkV4LsrP/bm
jZdYJ2LMKbi25dc3R9psA2pRQXbVeW0C3XGohYe/kiLzX1xWuCAb6zv2
-----END PRIVATE KEY-----
`

/** The certificate of `key`. */
export const cert = `-----BEGIN CERTIFICATE-----
MIIBqDCCAU+gAwIBAgIUT9ctZzp/9bLopuY2CvajnwsvDzQwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQdHJhY2ttYXAtdGVzdGluZzAgFw0yNjExMjQwMTM3NTJaGA8y
MTI2MTAzMTAxMzc1MlowGzEZMBcGA1UEAwwQdHJhY2ttYXAtdGVzdGluZzBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABLA/mshisA4K13BxVYVSWRXguys/9uaNl1gn
YswpuLbl1zdH2mwDalFBdtV5bQLdcaiFh7+SIvNfXFa4IBvrO/ajbzBtMB0GA1Ud
DgQWBBR9wb3SPcDwh6h7MTXqBvnqHYG3gzAfBgNVHSMEGDAWgBR9wb3SPcDwh6h7
MTXqBvnqHYG3gzAPBgNVHRMBAf8EBTADAQH/MBoGA1UdEQQTMBGCCWxvY2FsaG9z
dIcEfwAAATAKBggqhkjOPQQDAgNHADBEAiAcGArD/kY42kTtMcj3iLVCx+9d+dnf
huWOPsixWdW57QIgZZyCR1/51/lROMK+0yvTy3E1BPoRF0+zp1APi7CySWk=
-----END CERTIFICATE-----
`
