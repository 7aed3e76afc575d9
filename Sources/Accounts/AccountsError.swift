import Storage

/// Why somebody was not let in, or something was not done with an account.
package enum AccountsError: Error, Hashable, Sendable {
    /// Name, password or code are wrong: which of them is not told.
    case wrongCredentials
    /// The password is right, and a code of the second factor is wanted as well.
    case codeWanted
    /// Too many attempts: seconds until the next one counts.
    case tooManyAttempts(seconds: Int)
    case weakPassword(String)
    case badName(String)
    /// The one-time link was used before, or was never given.
    case wrongInvitation
    case badKey(String)
    case lastAdmin
    case store(StoreError)
}

extension AccountsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wrongCredentials: "the name, the password or the code is wrong"
        case .codeWanted: "a code of the second factor is wanted as well"
        case .tooManyAttempts(let seconds): "too many attempts: wait \(seconds) s"
        case .weakPassword(let why): why
        case .badName(let name):
            "\"\(name)\" is no name for an account: use 1 to 64 letters, digits, dots, dashes, underscores or @"
        case .wrongInvitation: "this link has been used, or was made for another start of the server"
        case .badKey(let why): why
        case .lastAdmin: "this is the last admin: make another one first"
        case .store(let error): "\(error)"
        }
    }
}
