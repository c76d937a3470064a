# A program that is no server, with a child of its own.
while :; do
  echo "$APP $VALUE"
  sleep 2
done
