import Addresses
import Glibc
import NIOSSL

/// What a certificate says of itself, as far as people need it to see why it was not believed. Nothing here
/// decides whether it is.
struct CertificateFacts: Hashable, Sendable {
    /// The names and addresses it is for, in its order; its subject's common name if it lists none.
    var names: [String]
    /// Seconds since 1970.
    var notBefore: Int
    /// Seconds since 1970.
    var notAfter: Int
    var isSelfSigned: Bool
    /// The issuer's common name.
    var issuer: String?

    /// Whole days until it expires; negative when it has.
    var daysLeft: Int { Int((Double(notAfter - time(nil)) / 86400).rounded(.down)) }

    init(_ certificate: NIOSSLCertificate) {
        let parts = (try? certificate.toDERBytes()).flatMap { DistinguishedNames(certificate: $0) }
        let listed = certificate._subjectAlternativeNames().compactMap { name -> String? in
            switch name.nameType {
            case .dnsName: printable(name.contents, limit: 253)
            case .ipAddress: addressText(Array(name.contents))
            default: nil
            }
        }
        names = listed.isEmpty ? [parts?.subjectCommonName].compactMap { $0 } : listed
        notBefore = certificate.notValidBefore
        notAfter = certificate.notValidAfter
        isSelfSigned = parts.map { $0.subject == $0.issuer } ?? false
        issuer = parts?.issuerCommonName
    }
}

private func addressText(_ octets: [UInt8]) -> String? {
    switch octets.count {
    case 4: IPv4Address(bits: octets.reduce(0) { $0 << 8 | UInt32($1) }).description
    case 16: IPv6Address(bits: octets.reduce(0) { $0 << 8 | UInt128($1) }).description
    default: nil
    }
}

/// The two names in a certificate, read from its DER (RFC 5280 §4.1), which NIOSSL does not give out.
struct DistinguishedNames {
    let issuer: ArraySlice<UInt8>
    let subject: ArraySlice<UInt8>

    var issuerCommonName: String? { commonName(in: issuer) }
    var subjectCommonName: String? { commonName(in: subject) }

    /// Nil if the bytes are not a certificate.
    init?(certificate: [UInt8]) {
        // Certificate ::= SEQUENCE { tbs SEQUENCE { [0] version?, serial, algorithm, issuer, validity, subject …
        guard let outer = DERElement(certificate[...]), let body = DERElement(outer.content) else { return nil }
        var fields = elements(in: body.content)[...]
        if fields.first?.tag == 0xA0 { fields.removeFirst() }
        guard fields.count > 4 else { return nil }
        issuer = fields[fields.startIndex + 2].content
        subject = fields[fields.startIndex + 4].content
    }
}

/// One tag, length and value (X.690 §8.1).
private struct DERElement {
    let tag: UInt8
    let content: ArraySlice<UInt8>
    let rest: ArraySlice<UInt8>

    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= 2 else { return nil }
        tag = bytes[bytes.startIndex]
        var length = Int(bytes[bytes.startIndex + 1])
        var start = bytes.startIndex + 2
        if length > 0x80 {
            let octets = length - 0x80
            guard octets <= 4, bytes.endIndex - start >= octets else { return nil }
            length = bytes[start..<start + octets].reduce(0) { $0 << 8 | Int($1) }
            start += octets
        } else if length == 0x80 {
            return nil  // the indefinite form, which DER forbids
        }
        guard bytes.endIndex - start >= length else { return nil }
        content = bytes[start..<start + length]
        rest = bytes[(start + length)...]
    }
}

private func elements(in bytes: ArraySlice<UInt8>) -> [DERElement] {
    var found: [DERElement] = []
    var rest = bytes
    while let element = DERElement(rest) {
        found.append(element)
        rest = element.rest
    }
    return found
}

/// Name ::= SEQUENCE OF SET OF SEQUENCE { type, value }; the last common name (2.5.4.3) is the most specific.
private func commonName(in name: ArraySlice<UInt8>) -> String? {
    let attributes = elements(in: name).flatMap { elements(in: $0.content) }.map { elements(in: $0.content) }
    let common = attributes.last { $0.count == 2 && Array($0[0].content) == [0x55, 0x04, 0x03] }
    return common.map { printable($0[1].content) }
}
