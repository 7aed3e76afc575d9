/// An address at which DNS is answered over TLS or HTTPS, and what it shows to prove who it is.
package struct EncryptedListen: Hashable, Sendable {
    package enum Service: Hashable, Sendable {
        /// DNS over TLS (RFC 7858).
        case tls
        /// DNS over HTTPS (RFC 8484) at this path, such as `/dns-query`.
        case https(path: String)
    }

    package var listen: DNSListen
    package var service: Service
    package var files: CertificateFiles

    package init(listen: DNSListen, service: Service, files: CertificateFiles) {
        self.listen = listen
        self.service = service
        self.files = files
    }
}
