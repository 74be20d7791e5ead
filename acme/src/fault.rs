//! What can be wrong with an uploaded certificate, in words for the person who uploaded it.
//!
//! Every fault has a stable code, so that pages can translate it, and a plain English sentence that says
//! what to do. Certificates are counted from 1 in the order of the file. As JSON a fault is its code with its values.

use serde::Serialize;

/// The file or field a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The certificates.
    #[error("certificate file")]
    Chain,
    /// The private key.
    #[error("key file")]
    Key,
}

/// One thing that is wrong with an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Fault {
    /// More bytes than any chain or key needs.
    #[error("The {part} is too large. At most {bytes_max} bytes are accepted.")]
    TooLarge {
        /// Which file.
        part: Part,
        /// The limit.
        bytes_max: usize,
    },
    /// Binary: DER, PKCS#12, or no certificate at all.
    #[error(
        "The {part} is not in PEM form (text that begins with -----BEGIN). Convert it first, for example with `openssl x509 -inform der` or `openssl pkcs12 -nodes`."
    )]
    NotPem {
        /// Which file.
        part: Part,
    },
    /// A PEM block that is cut off or is not Base64.
    #[error("The {part} is damaged: a block between -----BEGIN and -----END is cut off or is not Base64.")]
    DamagedPem {
        /// Which file.
        part: Part,
    },
    /// PEM, but without a certificate.
    #[error("The certificate file holds no certificate (-----BEGIN CERTIFICATE-----).")]
    NoCertificate,
    /// More certificates than a chain has.
    #[error(
        "The certificate file holds more than {count_max} certificates. Send the server's certificate and the intermediate ones only."
    )]
    TooManyCertificates {
        /// The limit.
        count_max: usize,
    },
    /// The same certificate twice.
    #[error("Certificate {certificate} is in the file twice. Remove the copy.")]
    Duplicate {
        /// The copy.
        certificate: usize,
    },
    /// A PEM block named CERTIFICATE that holds something else.
    #[error("Certificate {certificate} is damaged or is not an X.509 certificate.")]
    NotX509 {
        /// Which one.
        certificate: usize,
    },
    /// X.509 version 1 or 2.
    #[error("Certificate {certificate} is of X.509 version {version}. Only version 3 is accepted by browsers.")]
    NotVersion3 {
        /// Which one.
        certificate: usize,
        /// What it is instead.
        version: u32,
    },
    /// SHA-1 and older.
    #[error(
        "Certificate {certificate} is signed with {hash}, which can be forged. It must be signed with SHA-256 or stronger."
    )]
    WeakSignature {
        /// Which one.
        certificate: usize,
        /// The hash.
        hash: String,
    },
    /// A signature algorithm browsers do not know.
    #[error(
        "Certificate {certificate} is signed with an algorithm that browsers do not accept ({algorithm}). Use RSA or ECDSA with SHA-256 or stronger."
    )]
    UnsupportedSignature {
        /// Which one.
        certificate: usize,
        /// Its number.
        algorithm: String,
    },
    /// An RSA key that can be broken.
    #[error("The RSA key of certificate {certificate} has {bits} bits. At least {bits_min} are needed.")]
    RsaTooShort {
        /// Which one.
        certificate: usize,
        /// Its length.
        bits: usize,
        /// The limit.
        bits_min: usize,
    },
    /// An RSA key that clients refuse to compute with.
    #[error(
        "The RSA key of certificate {certificate} has {bits} bits. More than {bits_max} are not accepted by clients."
    )]
    RsaTooLong {
        /// Which one.
        certificate: usize,
        /// Its length.
        bits: usize,
        /// The limit.
        bits_max: usize,
    },
    /// An ECDSA key on a curve browsers do not take.
    #[error("The key of certificate {certificate} is on the curve {curve}. Browsers accept P-256 and P-384.")]
    UnsupportedCurve {
        /// Which one.
        certificate: usize,
        /// Its curve.
        curve: String,
    },
    /// Ed25519 or Ed448.
    #[error(
        "Certificate {certificate} uses Ed25519 or Ed448. They are good, but browsers do not accept them in certificates yet. Use ECDSA P-256 or RSA."
    )]
    EdwardsCurve {
        /// Which one.
        certificate: usize,
    },
    /// DSA, GOST and others.
    #[error(
        "The key of certificate {certificate} is of a kind that browsers do not accept ({algorithm}). Use ECDSA P-256 or RSA."
    )]
    UnsupportedKey {
        /// Which one.
        certificate: usize,
        /// Its name or number.
        algorithm: String,
    },
    /// The time is over.
    #[error("Certificate {certificate} has expired.")]
    Expired {
        /// Which one.
        certificate: usize,
        /// When, in Unix seconds.
        not_after: i64,
    },
    /// The time has not come, or the server's clock is wrong.
    #[error("Certificate {certificate} is not valid yet. Check the clock of this server.")]
    NotYetValid {
        /// Which one.
        certificate: usize,
        /// From when on, in Unix seconds.
        not_before: i64,
    },
    /// An extension that a verifier must understand and does not.
    #[error("Certificate {certificate} demands a rule that clients do not know (critical extension {extension}).")]
    UnknownCritical {
        /// Which one.
        certificate: usize,
        /// The number of the extension.
        extension: String,
    },
    /// An extension that does not parse or is there twice.
    #[error("Certificate {certificate} has a damaged or repeated extension ({extension}).")]
    DamagedExtension {
        /// Which one.
        certificate: usize,
        /// The number of the extension.
        extension: String,
    },
    /// The server's certificate says that it is an authority.
    #[error(
        "The server's certificate says that it is a certificate authority (CA:TRUE). Browsers refuse that. Have one made for a server."
    )]
    ServerIsAuthority,
    /// The server's certificate may not be used for TLS servers.
    #[error("The server's certificate is not meant for a server: its extended key usage lacks `serverAuth`.")]
    NotForServers,
    /// The server's certificate may not sign handshakes.
    #[error("The server's certificate may not be used for TLS: its key usage lacks `digitalSignature`.")]
    NoDigitalSignature,
    /// A certificate further up is none of an authority.
    #[error("Certificate {certificate} stands above another one but is not a certificate authority.")]
    NotAnAuthority {
        /// Which one.
        certificate: usize,
    },
    /// An authority that allows fewer authorities below it.
    #[error("Certificate {certificate} allows fewer certificates between itself and the server's than there are.")]
    ChainTooLong {
        /// Which one.
        certificate: usize,
    },
    /// No subject alternative names.
    #[error(
        "The server's certificate lists no names (subject alternative names). Browsers do not look at the common name."
    )]
    NoNames,
    /// The names are others.
    #[error("The server's certificate is not for {wanted}. It lists: {listed}.", listed = listed.join(", "))]
    WrongName {
        /// The name that is missing.
        wanted: String,
        /// What it lists.
        listed: Vec<String>,
    },
    /// All belong together, in another order.
    #[error(
        "The certificates are in the wrong order. The server's must come first, then the one that signed it, and so on. The right order is: {order}.",
        order = right_order.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    WrongOrder {
        /// The places of the certificates as they should follow one another.
        right_order: Vec<usize>,
    },
    /// A certificate that did not sign the one before it.
    #[error(
        "Certificate {certificate} has nothing to do with the one before it. Remove it, or add the one that is missing between them."
    )]
    NotPartOfChain {
        /// Which one.
        certificate: usize,
    },
    /// The name of the issuer is right and the signature is not.
    #[error(
        "Certificate {certificate} was not signed by the one that follows, although it names it. The chain is of another issue of that authority."
    )]
    BadSignature {
        /// Which one.
        certificate: usize,
    },
    /// No private key.
    #[error("There is no private key (-----BEGIN PRIVATE KEY-----).")]
    NoKey,
    /// More than one private key.
    #[error("There is more than one private key. Send only the one that belongs to the certificate.")]
    SeveralKeys,
    /// A password protects the key.
    #[error(
        "The private key is encrypted with a password. Remove the password first, for example with `openssl pkey -in key.pem -out plain.pem`."
    )]
    EncryptedKey,
    /// The key does not parse, or is of a kind TLS does not know.
    #[error(
        "The private key is damaged or of a kind that is not supported. RSA and ECDSA in PKCS#8, PKCS#1 or SEC1 form are."
    )]
    UnusableKey,
    /// The key is of another certificate.
    #[error("The private key does not belong to the server's certificate.")]
    KeyMismatch,
}

impl Fault {
    /// A stable word for translations: the same as `code` in its JSON.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::NotPem { .. } => "not_pem",
            Self::DamagedPem { .. } => "damaged_pem",
            Self::NoCertificate => "no_certificate",
            Self::TooManyCertificates { .. } => "too_many_certificates",
            Self::Duplicate { .. } => "duplicate",
            Self::NotX509 { .. } => "not_x509",
            Self::NotVersion3 { .. } => "not_version3",
            Self::WeakSignature { .. } => "weak_signature",
            Self::UnsupportedSignature { .. } => "unsupported_signature",
            Self::RsaTooShort { .. } => "rsa_too_short",
            Self::RsaTooLong { .. } => "rsa_too_long",
            Self::UnsupportedCurve { .. } => "unsupported_curve",
            Self::EdwardsCurve { .. } => "edwards_curve",
            Self::UnsupportedKey { .. } => "unsupported_key",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::UnknownCritical { .. } => "unknown_critical",
            Self::DamagedExtension { .. } => "damaged_extension",
            Self::ServerIsAuthority => "server_is_authority",
            Self::NotForServers => "not_for_servers",
            Self::NoDigitalSignature => "no_digital_signature",
            Self::NotAnAuthority { .. } => "not_an_authority",
            Self::ChainTooLong { .. } => "chain_too_long",
            Self::NoNames => "no_names",
            Self::WrongName { .. } => "wrong_name",
            Self::WrongOrder { .. } => "wrong_order",
            Self::NotPartOfChain { .. } => "not_part_of_chain",
            Self::BadSignature { .. } => "bad_signature",
            Self::NoKey => "no_key",
            Self::SeveralKeys => "several_keys",
            Self::EncryptedKey => "encrypted_key",
            Self::UnusableKey => "unusable_key",
            Self::KeyMismatch => "key_mismatch",
        }
    }
}
