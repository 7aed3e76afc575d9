import DNSClient
import Glibc
import NIOCore

// The words in which a result is told. They are read by people in the middle of an outage: plain, short, exact.

/// `800 ms`, `5 s`, `1.5 s`, `250 µs`.
func inWords(_ duration: Duration) -> String {
    let microseconds = Int(duration / .microseconds(1))
    if microseconds < 1000 { return "\(microseconds) µs" }
    if microseconds % 1_000_000 == 0 { return "\(microseconds / 1_000_000) s" }
    if microseconds >= 1_000_000 { return decimal(thousandths: microseconds / 1000) + " s" }
    return decimal(thousandths: microseconds) + " ms"
}

private func decimal(thousandths: Int) -> String {
    let fraction = thousandths % 1000
    guard fraction > 0 else { return "\(thousandths / 1000)" }
    var digits = String(String(fraction + 1000).dropFirst())
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(thousandths / 1000).\(digits)"
}

/// `1 byte`, `1,234 bytes`.
func inWords(bytes count: Int) -> String { count == 1 ? "1 byte" : "\(grouped(count)) bytes" }

/// A number of zero or more with a comma before every third digit.
func grouped(_ number: Int) -> String {
    number < 1000 ? "\(number)" : grouped(number / 1000) + "," + String(number % 1000 + 1000).dropFirst()
}

/// Text from a stranger, fit for a log line and a terminal: what is not printable ASCII is written as `\xHH`,
/// and what is longer than `limit` letters is cut off with `…`.
func printable(_ bytes: some Sequence<UInt8>, limit: Int = 60) -> String {
    var text = ""
    var letters = 0
    for byte in bytes {
        guard letters < limit else { return text + "…" }
        switch byte {
        case UInt8(ascii: "\r"): text += "\\r"
        case UInt8(ascii: "\n"): text += "\\n"
        case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
        default: text += "\\x" + String(Int(byte) + 0x100, radix: 16, uppercase: true).dropFirst()
        }
        letters += 1
    }
    return text
}

/// Text that a person wrote into the configuration: only its control characters are escaped.
func printable(_ text: String, limit: Int = 60) -> String {
    var printed = ""
    var letters = 0
    for scalar in text.unicodeScalars {
        guard letters < limit else { return printed + "…" }
        printed += scalar.value < 0x20 || scalar.value == 0x7F ? scalar.escaped(asASCII: true) : String(scalar)
        letters += 1
    }
    return printed
}

func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

/// Why a connection could not be made or was lost, from the kernel's error.
func inWords(connecting error: any Error) -> String {
    if let fault = error as? EgressFault { return "cannot leave by its line: \(fault)" }
    guard let error = error as? IOError else { return "could not connect: \(error)" }
    return switch error.errnoCode {
    case ECONNREFUSED: "connection refused"
    case ECONNRESET, EPIPE, ECONNABORTED: "connection reset while connecting"
    case ETIMEDOUT: "timed out while connecting (the kernel gave up)"
    case EHOSTUNREACH: "no route to the host"
    case ENETUNREACH, ENETDOWN: "the network is unreachable from here"
    case EAFNOSUPPORT: "this machine does not have that address family"
    case EADDRNOTAVAIL: "no free local port or no local address to connect from"
    case EMFILE, ENFILE: "out of file descriptors on this machine (raise its limit)"
    case EACCES, EPERM: "not permitted by this machine's firewall"
    case EINVAL: "not an address that can be connected to"
    default: "could not connect: \(printable(String(cString: strerror(error.errnoCode)).utf8))"
    }
}
