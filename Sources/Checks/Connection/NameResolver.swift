import Addresses
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Finds the addresses of a host name without ever holding up an event loop.
struct NameResolver: Sendable {
    /// Gives the addresses in the order in which they should be tried; fails with a `LookupFailure`.
    let resolve: @Sendable (_ name: String, _ loop: any EventLoop) -> EventLoopFuture<[IPAddress]>
    /// Which addresses it never gives, and which are not to be connected to without it either.
    var ban = AddressBan()

    /// The machine's own resolver: its hosts file, its DNS servers, its order of addresses (RFC 6724). Looked up
    /// afresh for each probe, as a check of a name should see what the name says now.
    static let system: NameResolver = {
        let pool = NIOThreadPool(numberOfThreads: lookupThreads)
        pool.start()
        let lookups = Lookups(pool: pool, look: systemLookup)
        return NameResolver { lookups.addresses(of: $0, on: $1) }
    }()

    /// The C library's lookup blocks, for ten seconds and more when a name server is dead, so as many dead names
    /// as this may hang before they delay the others.
    private static let lookupThreads = 32
}

/// Why a name gave no address.
enum LookupFailure: Error, Hashable, Sendable {
    case noSuchName
    case resolverFails
    case tooManyWaiting
    case other(code: Int32)
    /// It has addresses, but none of the kind that was asked for.
    case otherFamily(String)
    /// All that it has are kept from checks; the first of them.
    case forbidden(IPAddress)
    case timedOut(Duration)
    case cancelled

    func words(_ name: String) -> String {
        switch self {
        case .noSuchName: "name does not resolve: \(name)"
        case .resolverFails: "name does not resolve: \(name) (its name servers, or ours, do not answer)"
        case .tooManyWaiting: "name does not resolve: \(name) (too many names are being resolved)"
        case .other(let code): "name does not resolve: \(name) (\(String(cString: gai_strerror(code))))"
        case .otherFamily(let noun): "name has no \(noun): \(name)"
        case .forbidden(let address): "\(name) is at \(AddressBan().words(address))"
        case .timedOut(let timeout): "timed out after \(inWords(timeout)) while resolving \(name)"
        case .cancelled: "cancelled"
        }
    }
}

/// Blocking look-ups on threads of their own. Who asks for a name that is being looked up shares its answer, so a
/// name whose server is dead holds one thread and not one per probe.
final class Lookups: Sendable {
    private typealias Waiter = EventLoopPromise<[IPAddress]>

    private let pool: NIOThreadPool
    private let look: @Sendable (String) -> Result<[IPAddress], LookupFailure>
    private let waiting = Mutex<[String: [Waiter]]>([:])

    /// Names in flight at once; a probe that comes on top fails with its reason.
    private static let mostNames = 4096

    /// `pool` must have been started and outlives this.
    init(pool: NIOThreadPool, look: @escaping @Sendable (String) -> Result<[IPAddress], LookupFailure>) {
        self.pool = pool
        self.look = look
    }

    func addresses(of name: String, on loop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
        let waiter = loop.makePromise(of: [IPAddress].self)
        let isFirst: Bool? = waiting.withLock { waiting in
            if waiting[name] == nil, waiting.count >= Self.mostNames { return nil }
            waiting[name, default: []].append(waiter)
            return waiting[name]?.count == 1
        }
        switch isFirst {
        case nil: waiter.fail(LookupFailure.tooManyWaiting)
        case true?:
            pool.submit { state in self.answer(name, state == .active ? self.look(name) : .failure(.resolverFails)) }
        case false?: break
        }
        return waiter.futureResult
    }

    private func answer(_ name: String, _ result: Result<[IPAddress], LookupFailure>) {
        let waiters = waiting.withLock { $0.removeValue(forKey: name) } ?? []
        for waiter in waiters { waiter.completeWith(result.mapError { $0 as any Error }) }
    }
}

/// Asks the C library, which blocks.
private func systemLookup(_ name: String) -> Result<[IPAddress], LookupFailure> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, nil, &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    switch code {
    case 0: break
    case EAI_NONAME, noAddress: return .failure(.noSuchName)
    case EAI_AGAIN, EAI_FAIL: return .failure(.resolverFails)
    default: return .failure(.other(code: code))
    }
    var addresses: [IPAddress] = []
    var entry = list
    while let found = entry?.pointee {
        if let address = ipAddress(found), !addresses.contains(address) { addresses.append(address) }
        entry = found.ai_next
    }
    return .success(addresses)
}

/// `EAI_NODATA` of glibc, which hides it behind `_GNU_SOURCE`: the name exists and has no address.
private let noAddress: Int32 = -5

/// Nil for an address that has a zone (`fe80::1%eth0`), which no URL can hold.
private func ipAddress(_ entry: addrinfo) -> IPAddress? {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let size = socklen_t(text.count)
    guard getnameinfo(entry.ai_addr, entry.ai_addrlen, &text, size, nil, 0, NI_NUMERICHOST) == 0 else { return nil }
    return IPAddress(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
}
