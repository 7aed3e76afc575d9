import Addresses

/// The resolvers that most of the world asks, each at one of its addresses: all of a resolver's addresses lead to the
/// same caches.
package enum PublicResolvers {
    package static let all: [NameServer] = [
        ("Google", "8.8.8.8"), ("Cloudflare", "1.1.1.1"), ("Quad9", "9.9.9.9"), ("OpenDNS", "208.67.222.222"),
        ("Yandex", "77.88.8.8"), ("AdGuard", "94.140.14.14"), ("Control D", "76.76.2.0"), ("DNS.SB", "185.222.222.222"),
    ].compactMap { name, text in IPAddress(text).map { NameServer(name: name, address: $0) } }
}
