/// Why a secret cannot be read.
package enum SecretFault: Error, Hashable, Sendable {
    /// The environment variable of that name is not set.
    case noVariable(String)
    /// The file of that path cannot be read.
    case noFile(String)
    /// There is no encrypted store to look for that name in.
    case noStore(String)
    /// The encrypted store has nothing of that name.
    case notKept(String)
    /// The encrypted store cannot be opened for that name.
    case sealed(String, why: String)
    case empty(SecretPlace)
    case tooLong(SecretPlace)
    /// It has control characters, such as a line end, where there should be one line.
    case severalLines(SecretPlace)
    /// It is not UTF-8.
    case broken(SecretPlace)
}

extension SecretFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noVariable(let name): "the environment variable \(name) is not set"
        case .noFile(let path): "the file \(path) cannot be read"
        case .noStore(let name): "store:\(name): there is no encrypted store here"
        case .notKept(let name): "store:\(name) is not kept: `ninelives secret set \(name)` keeps it"
        case .sealed(let name, let why): "store:\(name): \(why)"
        case .empty(let place): "\(place) is empty"
        case .tooLong(let place): "\(place) is longer than \(SecretPlace.longest) octets"
        case .severalLines(let place): "\(place) is more than one line"
        case .broken(let place): "\(place) is not UTF-8"
        }
    }
}
