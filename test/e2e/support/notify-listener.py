"""The service manager's end of sd_notify: prints each datagram as a line of JSON, and when it was silent for two seconds."""
import json, socket, sys

name = sys.argv[1]
end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
end.bind('\0' + name[1:] if name.startswith('@') else name)
end.settimeout(2)
print('"listening"', flush=True)
while True:
    try:
        # Descriptors that come with BARRIER=1 are closed by not being asked for: that answers it.
        text = end.recv(65536).decode()
        print(json.dumps(dict(line.split('=', 1) for line in text.splitlines())), flush=True)
    except socket.timeout:
        print('"silence"', flush=True)
