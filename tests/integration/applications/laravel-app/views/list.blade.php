<!doctype html><title>{{ config('app.name') }}</title><ul>
@foreach ($items as $item)
<li class="{{ $loop->odd ? 'odd' : 'even' }}">{{ $item }} of {{ count($items) }}: {{ strtoupper("item <$item>") }}</li>
@endforeach
</ul>
