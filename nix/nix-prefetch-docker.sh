usage() {
  echo "Usage: nix-prefetch-docker [options] NAME [TAG | DIGEST]

Options:
  --image-name NAME        the image's name
  --image-tag TAG          its tag (latest)
  --image-digest DIGEST    its digest, in the place of a tag
  --os OS, --arch ARCH     for which platform, of several
  --final-image-name NAME  what the image is called in the archive
  --final-image-tag TAG    and with which tag
  --tls-verify BOOL        whether the registry has to prove who it is (true)
  --json                   print JSON, not a Nix attribute set
  --quiet                  say nothing else
  --help"
}

fail() {
  echo "nix-prefetch-docker: $1" >&2
  usage >&2
  exit 1
}

name= tag= digest=
count=$#
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  count=$((count - 1))
  case $word in
    --image-name | --image-tag | --image-digest | --os | --arch | --final-image-* | --tls-verify)
      [ "$count" -gt 0 ] || fail "$word: its value is missing"
      value=$1
      shift
      count=$((count - 1))
      ;;
  esac
  # What is for nix-image goes to the end.
  case $word in
    --image-name) name=$value ;;
    --image-tag) tag=$value ;;
    --image-digest) digest=$value ;;
    --os | --arch | --tls-verify) set -- "$@" "$word" "$value" ;;
    --final-image-name) set -- "$@" --final-name "$value" ;;
    --final-image-tag) set -- "$@" --final-tag "$value" ;;
    --json | --quiet) set -- "$@" "$word" ;;
    --help) usage; exit 0 ;;
    -*) fail "$word: no such option" ;;
    *)
      if [ -z "$name" ]; then name=$word
      elif [ -n "$tag$digest" ]; then fail "$word: one argument too many"
      else
        case $word in
          sha256:*) digest=$word ;;
          *) tag=$word ;;
        esac
      fi
      ;;
  esac
done
[ -n "$name" ] || fail "the image's name is missing"
exec "$NIX_IMAGE" prefetch "$@" "$name${digest:+@$digest}${tag:+:$tag}"
