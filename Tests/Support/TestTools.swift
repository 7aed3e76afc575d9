import Foundation

/// A program from the virtual environment that `make test` makes; throws if it is not there.
package func testTool(_ name: String) throws -> String {
    let path = FileManager.default.currentDirectoryPath + "/.build/test-tools/bin/" + name
    guard FileManager.default.isExecutableFile(atPath: path) else {
        throw SupportError.noSuchTool("\(path): `make test-tools` installs it")
    }
    return path
}
